/**
 * JPEG frames that cameras push over MQTT, decoded by sharp: cameras of every make send every kind of
 * JPEG (progressive, CMYK, rotated by EXIF), a few a second, so breadth counts more than the 6 ms.
 */
import sharp from 'sharp';
import { jpegSize } from './jpeg.ts';
import { greyToYuv420 } from './luma.ts';
import type { Picture } from './source.ts';

/** The picture in these bytes, or undefined when they are no JPEG that can be shown. */
export async function decodePushedJpeg(bytes: Uint8Array, atMs: number): Promise<Picture | undefined> {
  if (!jpegSize(bytes)) return undefined;
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', autoOrient: true })
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    return {
      width,
      height,
      atMs,
      copyLuma: (target) => target.set(data.subarray(0, width * height)),
      yuv420: () => greyToYuv420(data, { width, height }),
      compressed: [{ type: 'jpeg', bytes }],
    };
  } catch {
    // Half a picture, or none: the caller counts it as skipped.
    return undefined;
  }
}
