/** Evidence files of alarms. Every look is on the audit log; the first of each person is a fact of the alarm. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { OPERATIONS, seenOr404 } from '../plugins/viewer.ts';

/** What a browser may show by itself; anything else is a download. */
const SHOWN = /^(image\/(jpeg|png|webp)|video\/(mp4|webm)|application\/json)$/;

const evidence: RoutePlugin = async (app, { services }) => {
  const { records, audit } = services;

  app.get(
    '/api/evidence/:id',
    {
      config: { access: OPERATIONS },
      schema: {
        tags: ['evidence'],
        summary: 'The bytes of a picture, clip, track or raw record; understands Range',
        params: z.object({ id: z.string().max(64) }),
      },
    },
    async (request, reply) => {
      const { viewer } = request;
      const row = seenOr404(
        viewer,
        await records.db.selectFrom('evidence').selectAll().where('id', '=', request.params.id).executeTakeFirst(),
        'evidence',
      );
      const range = parseRange(request.headers.range, row.bytes);
      if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${row.bytes}`).send();
      const file = await services.evidence.open(row.sha256, range);
      if (!file) throw new AppError('not-found', 'the evidence is no longer kept');
      await note(viewer.username, row);
      reply.headers({
        'content-type': SHOWN.test(row.mime) ? row.mime : 'application/octet-stream',
        'content-disposition': SHOWN.test(row.mime) ? 'inline' : 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
        'accept-ranges': 'bytes',
        etag: `"${row.sha256}"`,
        'content-length': String(range ? range.end - range.start + 1 : file.bytes),
      });
      if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`);
      return reply.send(file.stream);
    },
  );

  async function note(username: string, row: { id: string; alarmId: string; communityId: string }): Promise<void> {
    await audit.add({
      actor: { type: 'person', id: username },
      action: 'evidence.viewed',
      target: { type: 'evidence', id: row.id },
      communityId: row.communityId,
      detail: { alarmId: row.alarmId },
    });
    await services.alarms.state({
      id: `viewed.${row.id}.${username}`.slice(0, 100),
      alarmId: row.alarmId,
      author: { type: 'person', id: username },
      body: { type: 'evidence-viewed', evidenceId: row.id },
    });
  }
};

/** One range of bytes, as a video player asks for it; several at once are answered with the whole. */
function parseRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

export default evidence;
