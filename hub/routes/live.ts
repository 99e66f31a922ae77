/** Live changes as server-sent events, only what the viewer may see. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { SentEvent } from '../live/live.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { identify } from '../plugins/sessions.ts';
import { maySee, type Viewer } from '../plugins/viewer.ts';

/** A comment this often keeps proxies from closing the stream and shows the reader that it lives. */
const HEARTBEAT_MS = 15_000;
/** A reader that is this far behind is cut; it comes back and resumes. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
const STREAMS_MAX = 1_000;
const STREAMS_PER_USER_MAX = 20;

const live: RoutePlugin = async (app, { services }) => {
  const { metrics, clock } = services;
  /** User → open streams. */
  const open = new Map<string, number>();
  let total = 0;

  app.get(
    '/api/live',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['live'],
        summary:
          'Event stream: `alarm`, `ticket`, `device`, `gateway`. Resumes after `Last-Event-ID`; a `reset` event says that it cannot and the page must load its lists again',
        querystring: z.strictObject({
          /** For readers that cannot set the header. */
          lastEventId: z.string().max(100).optional(),
        }),
      },
    },
    async (request, reply) => {
      let { viewer } = request;
      const { userId } = viewer;
      if (total >= STREAMS_MAX || (open.get(userId) ?? 0) >= STREAMS_PER_USER_MAX)
        throw new AppError('too-many-requests', 'too many open event streams: close some');
      const header = request.headers['last-event-id'];
      const lastEventId = (typeof header === 'string' ? header : undefined) ?? request.query.lastEventId;
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const from = services.live.lastId;
      const write = (text: string) => {
        raw.write(text);
        if (raw.writableLength <= UNSENT_BYTES_MAX) return;
        metrics.liveDropped.inc();
        raw.destroy();
      };
      const missed: SentEvent[] = [];
      let opened = false;
      const subscription = services.live.subscribe((event) => {
        if (!mayGet(viewer, event)) return;
        if (opened) write(event.text());
        else missed.push(event);
      }, lastEventId);
      write(`retry: 2000\nid: ${lastEventId !== undefined && subscription.resumed ? lastEventId : from}\n`);
      write(subscription.resumed ? 'event: hello\ndata: {}\n\n' : 'event: reset\ndata: {}\n\n');
      for (const event of missed) write(event.text());
      opened = true;

      const beat = clock.every(HEARTBEAT_MS, () => {
        // A session that ended, or rights that changed, end the stream or change what it carries.
        identify(services, request).then(
          (now) => {
            if (now === undefined) raw.end();
            else {
              viewer = now;
              write(': alive\n\n');
            }
          },
          () => raw.end(),
        );
      });
      count(userId, 1);
      raw.on('close', () => {
        subscription.cancel();
        beat.cancel();
        count(userId, -1);
      });
    },
  );

  function count(userId: string, change: 1 | -1): void {
    total += change;
    const left = (open.get(userId) ?? 0) + change;
    if (left > 0) open.set(userId, left);
    else open.delete(userId);
    metrics.liveClients.set(total);
  }
};

function mayGet(viewer: Viewer, event: SentEvent): boolean {
  if (!maySee(viewer, event.communityId)) return false;
  if (event.roles && !event.roles.includes(viewer.role)) return false;
  return event.only?.(viewer) ?? true;
}

export default live;
