/** A multipart form of fields and photos, read within limits; files are kept in memory until they are encoded. */
import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../core/errors.ts';
import type { HubApp } from '../plugins/app.ts';
import { PHOTO_LIMITS } from './photos.ts';

const FIELDS_MAX = 20;

export interface Form {
  fields: Record<string, string>;
  files: Buffer[];
}

export async function addMultipart(app: HubApp): Promise<void> {
  await app.register(multipart, {
    limits: {
      fileSize: PHOTO_LIMITS.fileBytesMax,
      files: PHOTO_LIMITS.perUploadMax,
      fields: FIELDS_MAX,
      fieldSize: 8 * 1024,
      parts: FIELDS_MAX + PHOTO_LIMITS.perUploadMax,
    },
  });
}

/** Throws `payload-too-large` beyond the limits and `bad-request` for a broken form. */
export async function readForm(request: FastifyRequest): Promise<Form> {
  const fields: Record<string, string> = {};
  const files: Buffer[] = [];
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = String(part.value);
      else {
        const bytes = await part.toBuffer();
        // A browser sends an empty file for an input that was left empty.
        if (bytes.length > 0) files.push(bytes);
      }
    }
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status === 413)
      throw new AppError(
        'payload-too-large',
        `at most ${PHOTO_LIMITS.perUploadMax} photos of ${PHOTO_LIMITS.fileBytesMax / 1024 / 1024} MB each`,
        { cause: error },
      );
    if (status === 406 || status === 415)
      throw new AppError('unsupported-media-type', 'send multipart/form-data', { cause: error });
    throw new AppError('bad-request', 'the form could not be read', { cause: error });
  }
  return { fields, files };
}
