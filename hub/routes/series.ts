/** Series of a device's field, and the kinds of devices that say which fields there are. */
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { COMMON_FIELDS } from '../../devices/kinds.ts';
import { seenDevice } from '../devices/seen.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { instantQuery, pageOf } from '../plugins/lists.ts';
import { OPERATIONS } from '../plugins/viewer.ts';

const DAY_MS = 24 * 3_600_000;
/** A chart's worth of points, when the caller does not say. */
const BUCKETS_DEFAULT = 500;

const textSchema = z.object({ zh: z.string(), en: z.string() });
const kindSchema = z
  .object({
    id: z.string(),
    title: textSchema,
    family: z.string(),
    fields: z.record(z.string(), z.looseObject({ title: textSchema, type: z.string() })),
    events: z.record(z.string(), z.looseObject({ title: textSchema })),
    silentAfterMs: z.number(),
  })
  .loose();

const series: RoutePlugin = async (app, { services }) => {
  const { kinds, clock } = services;

  app.get(
    '/api/kinds',
    {
      config: { access: 'signed-in' },
      schema: {
        tags: ['devices'],
        summary: 'Kinds of devices: titles, fields with units, events',
        response: { 200: pageOf(kindSchema) },
      },
    },
    async () => {
      const items = [...kinds].map(([id, kind]) => ({
        id,
        title: kind.title,
        family: kind.family,
        fields: { ...kind.fields, ...COMMON_FIELDS } as Record<string, { title: typeof kind.title; type: string }>,
        events: Object.fromEntries(Object.entries(kind.events).map(([type, event]) => [type, { title: event.title }])),
        rules: kind.rules.map(({ id: rule, title, severity }) => ({ id: rule, title, severity })),
        silentAfterMs: kind.silentAfterMs,
      }));
      return { items, nextCursor: null };
    },
  );

  app.get(
    '/api/devices/:id/series',
    {
      config: { access: OPERATIONS },
      schema: {
        tags: ['devices'],
        summary: `One [start, min, avg, max, count] per bucket that holds readings; \`history\` names the starts of buckets with readings that came after an outage or were sent again; up to ${LIMITS.seriesBucketsMax} buckets a call`,
        params: z.object({ id: z.string().max(64) }),
        querystring: z.strictObject({
          field: z.string().min(1).max(64),
          from: instantQuery.optional(),
          to: instantQuery.optional(),
          stepMs: z.coerce
            .number()
            .int()
            .positive()
            .max(366 * DAY_MS)
            .optional(),
        }),
        response: {
          200: z.object({
            points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
            history: z.array(z.number()),
            stepMs: z.number(),
          }),
        },
      },
    },
    async (request) => {
      const device = await seenDevice(services, request.viewer, request.params.id);
      const { field } = request.query;
      const fields = { ...kinds.get(device.kind)?.fields, ...COMMON_FIELDS };
      if (!Object.hasOwn(fields, field))
        throw fault('/field', `is no field of ${device.kind}: one of ${Object.keys(fields).join(', ')}`);
      const to = request.query.to ?? clock.now();
      const from = request.query.from ?? Math.max(0, to - DAY_MS);
      if (from >= to) throw fault('/to', 'must be after from');
      const stepMs = request.query.stepMs ?? Math.max(1_000, Math.ceil((to - from) / BUCKETS_DEFAULT));
      if ((to - from) / stepMs > LIMITS.seriesBucketsMax)
        throw fault(
          '/stepMs',
          `gives more than ${LIMITS.seriesBucketsMax} buckets: take a longer step or a shorter span`,
        );
      return { ...(await services.series.query({ deviceId: device.id, field, from, to, stepMs })), stepMs };
    },
  );
};

function fault(path: string, message: string): AppError {
  return new AppError('unprocessable', 'the request has faults; details name each', {
    details: [{ in: 'querystring', path, message }],
  });
}

export default series;
