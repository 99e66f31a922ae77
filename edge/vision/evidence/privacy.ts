/** Privacy in evidence: rooms and faces behind windows are not this product's business. */
import type { Mask, Polygon } from '../../../core/camera-options.ts';
import { isInside } from '../polygon.ts';

/** Planar YUV 4:2:0 with even sides. */
export interface ColourPicture {
  width: number;
  height: number;
  yuv: Uint8Array;
}

export interface PrivacyAreas {
  polygons: readonly Polygon[];
  /** The path of what fell stays readable, this far to each side. */
  hits: readonly { x: number; y: number }[];
  corridorPx: number;
}

const BLOCK_PX = 16;

export function privacyPolygons(masks: readonly Mask[] | undefined): Polygon[] {
  return (masks ?? []).filter((mask) => mask.type === 'privacy').map((mask) => mask.polygon);
}

/** Makes privacy areas unreadable, except close to the path: what fell is the evidence, rooms are not. */
export function coverPrivacy(picture: ColourPicture, areas: PrivacyAreas): void {
  for (let y = 0; y < picture.height; y += BLOCK_PX) {
    for (let x = 0; x < picture.width; x += BLOCK_PX) {
      const cx = (x + BLOCK_PX / 2) / picture.width;
      const cy = (y + BLOCK_PX / 2) / picture.height;
      if (!areas.polygons.some((polygon) => isInside(polygon, cx, cy))) continue;
      const near = areas.hits.some(
        (hit) => Math.hypot(hit.x - x - BLOCK_PX / 2, hit.y - y - BLOCK_PX / 2) < areas.corridorPx + BLOCK_PX / 2,
      );
      if (!near) levelBlock(picture, x, y);
    }
  }
}

function levelBlock({ width, height, yuv }: ColourPicture, x: number, y: number): void {
  level(yuv, { start: 0, width, x, y, columns: Math.min(BLOCK_PX, width - x), rows: Math.min(BLOCK_PX, height - y) });
  for (let plane = 0; plane < 2; plane++) {
    const start = width * height + plane * ((width * height) / 4);
    const columns = Math.min(BLOCK_PX, width - x) >> 1;
    const rows = Math.min(BLOCK_PX, height - y) >> 1;
    level(yuv, { start, width: width >> 1, x: x >> 1, y: y >> 1, columns, rows });
  }
}

function level(
  plane: Uint8Array,
  block: { start: number; width: number; x: number; y: number; columns: number; rows: number },
): void {
  let sum = 0;
  const count = block.columns * block.rows;
  const each = (visit: (index: number) => void) => {
    for (let row = 0; row < block.rows; row++)
      for (let column = 0; column < block.columns; column++)
        visit(block.start + (block.y + row) * block.width + block.x + column);
  };
  each((index) => {
    sum += plane[index] as number;
  });
  const mean = Math.round(sum / Math.max(1, count));
  each((index) => {
    plane[index] = mean;
  });
}
