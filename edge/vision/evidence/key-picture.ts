/** The picture a guard looks at first: the object in flight, its path, the likely windows, a magnified cut of it. */
import sharp from 'sharp';
import { yuv420ToRgb } from '../sources/luma.ts';
import type { Hit } from '../track/tracker.ts';
import type { ColourPicture } from './privacy.ts';

/** A window from which it may have come. */
export interface PictureWindow {
  floor: number;
  unit: string;
  probability: number;
  /** In pixels of the picture. */
  corners: { x: number; y: number }[];
}

export interface KeyPictureJob {
  picture: ColourPicture;
  hits: readonly Hit[];
  /** The hit that the picture shows. */
  shown: Hit;
  /** The likeliest first. */
  windows: readonly PictureWindow[];
  path: string;
}

// Every picture is another one: keeping the last would only keep its memory.
sharp.cache(false);

const INSET_SHARE = 0.28;
const INSET_ZOOM = 4;

export async function writeKeyPicture(job: KeyPictureJob): Promise<void> {
  const { width, height } = job.picture;
  const rgb = yuv420ToRgb(job.picture.yuv, { width, height });
  const base = () => sharp(rgb, { raw: { width, height, channels: 3 } });
  const sidePx = Math.round(Math.min(width, height) * INSET_SHARE);
  const cut = Math.max(16, Math.round(sidePx / INSET_ZOOM));
  const left = clamped(Math.round(job.shown.x - cut / 2), 0, width - cut);
  const top = clamped(Math.round(job.shown.y - cut / 2), 0, height - cut);
  const inset = await base()
    .extract({ left, top, width: cut, height: cut })
    .resize(sidePx, sidePx, { kernel: 'cubic' })
    .extend({ top: 2, bottom: 2, left: 2, right: 2, background: '#ff3b30' })
    .png()
    .toBuffer();
  // The inset goes to the side where the path is not.
  const insetLeft = job.shown.x < width / 2 ? width - sidePx - 12 : 8;
  await base()
    .composite([
      { input: Buffer.from(drawing(job)), left: 0, top: 0 },
      { input: inset, left: insetLeft, top: height - sidePx - 12 },
    ])
    .jpeg({ quality: 88 })
    .toFile(job.path);
}

function drawing({ picture, hits, shown, windows }: KeyPictureJob): string {
  const { width, height } = picture;
  const stroke = Math.max(1.5, height / 300);
  const points = hits.map((hit) => `${hit.x.toFixed(1)},${hit.y.toFixed(1)}`).join(' ');
  const dots = hits.map(
    (hit) => `<circle cx="${hit.x.toFixed(1)}" cy="${hit.y.toFixed(1)}" r="${stroke}" fill="#ffd60a"/>`,
  );
  const ring = Math.max(8, height / 40, shown.sizePx);
  const outlines = windows.map(({ corners }, rank) => {
    // The first is outlined whole, the others broken: no more is known of them than that.
    const dash = rank === 0 ? '' : ` stroke-dasharray="${stroke * 3}"`;
    const around = corners.map(({ x, y }) => `${x},${y}`).join(' ');
    return `<polygon points="${around}" fill="none" stroke="#ffd60a" stroke-width="${stroke}"${dash}/>`;
  });
  const from = hits[0];
  const origin = windows[0] && middleOf(windows[0].corners);
  const back =
    origin && from
      ? `<line x1="${origin.x}" y1="${origin.y}" x2="${from.x}" y2="${from.y}" stroke="#ffd60a" stroke-width="${stroke}" stroke-dasharray="${stroke * 3}"/>`
      : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<polyline points="${points}" fill="none" stroke="#ff3b30" stroke-width="${stroke}" stroke-opacity="0.9"/>` +
    `${dots.join('')}${outlines.join('')}${back}` +
    `<circle cx="${shown.x}" cy="${shown.y}" r="${ring}" fill="none" stroke="#ff3b30" stroke-width="${stroke * 1.4}"/></svg>`
  );
}

function middleOf(corners: readonly { x: number; y: number }[]): { x: number; y: number } {
  const sum = corners.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / corners.length, y: sum.y / corners.length };
}

function clamped(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
