/**
 * What a camera sees now, for whoever sets it up. It is asked for by the command `take-picture`
 * (`POST /api/devices/{id}/commands`), whose result names the picture. Every look is on the audit log.
 */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { seenDevice } from '../devices/seen.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { HANDLE, seenOr404 } from '../plugins/viewer.ts';

const pictureSchema = z.object({ id: z.string(), at: z.number(), bytes: z.number(), url: z.string() });

const cameraPicture: RoutePlugin = async (app, { services }) => {
  const { records, audit } = services;
  const tags = ['devices'];

  app.get(
    '/api/devices/:id/picture',
    {
      config: { access: HANDLE },
      schema: {
        tags,
        summary:
          'The newest picture that was asked of a camera, null before the first; the command `take-picture` asks for another',
        params: z.object({ id: z.string().max(64) }),
        response: { 200: z.object({ picture: pictureSchema.nullable() }) },
      },
    },
    async (request) => {
      const { id: deviceId } = await seenDevice(services, request.viewer, request.params.id);
      const newest = await records.db
        .selectFrom('cameraPictures')
        .select(['id', 'at', 'bytes'])
        .where('deviceId', '=', deviceId)
        .orderBy('storedAt', 'desc')
        .limit(1)
        .executeTakeFirst();
      return { picture: newest ? { ...newest, url: `/api/devices/${deviceId}/picture/${newest.id}` } : null };
    },
  );

  app.get(
    '/api/devices/:id/picture/:pictureId',
    {
      config: { access: HANDLE },
      schema: {
        tags,
        summary: 'The bytes of a picture of a camera, privacy masks unreadable',
        params: z.object({ id: z.string().max(64), pictureId: z.string().max(64) }),
      },
    },
    async (request, reply) => {
      const { id, pictureId } = request.params;
      const row = seenOr404(
        request.viewer,
        await records.db
          .selectFrom('cameraPictures')
          .selectAll()
          .where('id', '=', pictureId)
          .where('deviceId', '=', id)
          .executeTakeFirst(),
        'picture',
      );
      const file = await services.evidence.open(row.sha256);
      if (!file) throw new AppError('not-found', 'the picture is no longer kept');
      await audit.add({
        actor: { type: 'person', id: request.viewer.username },
        action: 'camera.viewed',
        target: { type: 'device', id },
        communityId: row.communityId,
        detail: { pictureId },
      });
      reply.headers({
        'content-type': 'image/jpeg',
        'content-security-policy': "default-src 'none'; sandbox",
        'content-length': String(file.bytes),
      });
      return reply.send(file.stream);
    },
  );
};

export default cameraPicture;
