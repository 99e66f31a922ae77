/** What a camera sees now, for people who set it up: one colour picture with its privacy masks, nothing drawn on it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Mask } from '../../../core/camera-options.ts';
import type { TakenPicture } from '../messages.ts';
import { yuv420ToRgb } from '../sources/luma.ts';
import { decodeFootage, type PacketCodec } from './clip.ts';
import type { FootageRing } from './footage-ring.ts';
import { coverPrivacy, privacyPolygons } from './privacy.ts';

/** A picture that was coded in two halves is two packets. */
const PACKETS_MAX = 2;

/**
 * Writes the newest picture that can be decoded on its own, so that asking costs one decoded picture however
 * far apart a camera's key pictures are; undefined when nothing has arrived yet.
 */
export async function writeView(of: {
  ring: FootageRing;
  codec: PacketCodec | undefined;
  masks: readonly Mask[] | undefined;
  /** Exists or may be made. */
  folder: string;
  name: string;
}): Promise<TakenPicture['picture']> {
  const newest = of.ring.since(Number.POSITIVE_INFINITY).slice(0, PACKETS_MAX);
  for await (const { colour, atMs } of decodeFootage(newest, of.codec)) {
    const picture = colour();
    const { width, height } = picture;
    coverPrivacy(picture, { polygons: privacyPolygons(of.masks), hits: [], corridorPx: 0 });
    await mkdir(of.folder, { recursive: true });
    const path = join(of.folder, of.name);
    const rgb = yuv420ToRgb(picture.yuv, { width, height });
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 88 })
      .toFile(path);
    return { type: 'picture', mime: 'image/jpeg', path, at: Math.round(atMs) };
  }
  return undefined;
}
