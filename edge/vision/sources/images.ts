/** A folder of numbered images (JPEG, PNG, WebP, TIFF, …) as one video. */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { greyToYuv420 } from './luma.ts';
import { type Picture, type Source, SourceError } from './source.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);

/** Images in the order of the numbers in their names; `fps` says how far apart they were taken. */
export async function openImages(folder: string, fps: number): Promise<Source> {
  const names = (await readdir(folder)).filter((name) => EXTENSIONS.has(extname(name).toLowerCase()));
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const first = names[0];
  if (!first) throw new SourceError(`${folder}: no images in it; expected numbered .jpg or .png files`);
  const { width, height } = await readLuma(join(folder, first));
  return {
    width,
    height,
    fps,
    framesExpected: names.length,
    async *pictures(): AsyncGenerator<Picture> {
      for (const [index, name] of names.entries()) {
        const image = await readLuma(join(folder, name));
        yield {
          width: image.width,
          height: image.height,
          atMs: (index * 1000) / fps,
          copyLuma: (target) => target.set(image.luma),
          yuv420: () => greyToYuv420(image.luma, image),
          compressed: [],
        };
      }
    },
    close: async () => {},
  };
}

async function readLuma(path: string): Promise<{ width: number; height: number; luma: Uint8Array }> {
  try {
    const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
    if (info.channels === 1) return { width: info.width, height: info.height, luma: data };
    const luma = new Uint8Array(info.width * info.height);
    for (let index = 0; index < luma.length; index++) luma[index] = data[index * info.channels] as number;
    return { width: info.width, height: info.height, luma };
  } catch (error) {
    throw new SourceError(`${path}: not a readable image`, { cause: error });
  }
}
