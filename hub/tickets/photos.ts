/**
 * Photos of work orders. In: bytes from a phone. Out: a fresh JPEG in the evidence store, so that
 * the position and the owner of the phone (EXIF) and anything hidden in the file stay behind.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { AppError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { EvidenceStore } from '../stores/evidence/evidence.ts';

export const PHOTO_LIMITS = {
  /** One upload. */
  fileBytesMax: 12 * 1024 * 1024,
  perUploadMax: 4,
  perTicketMax: 20,
  pixelsMax: 60_000_000,
  /** Longest side of what is kept. */
  sidePixelsMax: 2_048,
  decodeSecondsMax: 10,
} as const;

const FORMATS = new Set(['jpeg', 'png', 'webp']);

export interface Photo {
  id: string;
  sha256: string;
  bytes: number;
  width: number;
  height: number;
}

/** Pictures are decoded one at a time: a burst of large ones must not take the hub's memory. */
let turn: Promise<unknown> = Promise.resolve();

/** Throws `unsupported-media-type` for what is no picture. */
export function keepPhoto(options: { evidence: EvidenceStore; newId: NewId; bytes: Buffer }): Promise<Photo> {
  const done = turn.then(() => encodeAndKeep(options));
  turn = done.catch(() => undefined);
  return done;
}

async function encodeAndKeep({
  evidence,
  newId,
  bytes,
}: {
  evidence: EvidenceStore;
  newId: NewId;
  bytes: Buffer;
}): Promise<Photo> {
  const { data, info } = await encode(bytes);
  const sha256 = createHash('sha256').update(data).digest('hex');
  await evidence.put(sha256, data);
  return { id: newId(), sha256, bytes: data.length, width: info.width, height: info.height };
}

async function encode(bytes: Buffer) {
  try {
    const picture = sharp(bytes, { limitInputPixels: PHOTO_LIMITS.pixelsMax, failOn: 'error' });
    const { format } = await picture.metadata();
    if (!FORMATS.has(format)) throw new Error(`format ${format}`);
    return await picture
      .autoOrient()
      .resize({
        width: PHOTO_LIMITS.sidePixelsMax,
        height: PHOTO_LIMITS.sidePixelsMax,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 82 })
      .timeout({ seconds: PHOTO_LIMITS.decodeSecondsMax })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new AppError('unsupported-media-type', 'a photo must be a whole JPEG, PNG or WebP picture', { cause: error });
  }
}
