/** A rule on trial: how often it would have fired in the past, and on what. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Role } from '../../core/role.ts';
import { ruleSpecSchema } from '../../core/rule.ts';
import { idSchema, instantSchema } from '../../core/text.ts';
import { faultsOfRule } from '../../devices/rule-parameters.ts';
import { createTrials, TRIAL_LIMITS } from '../alarms/trial.ts';
import type { RoutePlugin } from '../plugins/app.ts';
import { bodyFault } from '../plugins/errors.ts';
import { hashToken } from '../plugins/sessions.ts';
import { assertCommunity, type Viewer } from '../plugins/viewer.ts';

const TUNE: readonly Role[] = ['property', 'street', 'admin'];
const FIRINGS_SHOWN_MAX = 200;

const answerSchema = z.object({
  fromAt: z.number(),
  toAt: z.number(),
  observations: z.number().describe('Readings and events that the rule was shown'),
  devices: z.number(),
  firings: z.number(),
  muted: z.number().describe('Of the firings, those that the noise layer would have muted'),
  perDay: z.number().describe('Shown ones a day, all devices together'),
  medianMs: z.number().nullable().describe('How long it would have been active'),
  byDevice: z.array(z.object({ deviceId: z.string(), firings: z.number() })),
  shown: z
    .array(
      z.object({
        deviceId: z.string(),
        at: z.number(),
        clearedAt: z.number().nullable(),
        severity: z.string(),
        cause: z.record(z.string(), z.unknown()).nullable(),
        mutedBy: z.string().nullable(),
      }),
    )
    .describe(`The newest ${FIRINGS_SHOWN_MAX}`),
});

const trials: RoutePlugin = async (app, { services }) => {
  const { records, clock, config, kinds, ruleTypes, newId } = services;
  const program = createTrials({ folder: join(config.hubDir, 'trials'), clock, newId });

  app.post(
    '/api/rule-trials',
    {
      config: { access: TUNE, rateLimit: { max: 20, timeWindow: 60_000 } },
      schema: {
        tags: ['rules'],
        summary: 'Try a rule on recorded history: how often would it have fired, on what. Up to 31 days',
        body: z.strictObject({
          communityId: idSchema,
          kind: idSchema,
          deviceId: idSchema.optional(),
          rule: ruleSpecSchema,
          fromAt: instantSchema,
          toAt: instantSchema,
        }),
        response: { 200: answerSchema },
      },
    },
    async ({ viewer, body }) => {
      const { communityId, rule, fromAt, toAt } = body;
      assertCommunity(viewer, communityId);
      const kind = kinds.get(body.kind);
      if (!kind) throw bodyFault('/kind', `names no kind: one of ${[...kinds.keys()].join(', ')}`);
      if (toAt <= fromAt) throw bodyFault('/toAt', 'must lie after the start');
      if (toAt - fromAt > TRIAL_LIMITS.spanMs) throw bodyFault('/toAt', 'a trial looks at 31 days at most');
      const [fault] = faultsOfRule(rule, ruleTypes, kind);
      if (fault) throw bodyFault(`/rule${fault.path}`, fault.message);
      const { firings, ...trial } = await withToken(viewer, (token) =>
        program.run({ ...body, url: addressOfHub(), token }),
      );
      return { ...trial, firings: firings.length, shown: firings.slice(-FIRINGS_SHOWN_MAX).reverse() };
    },
  );

  /** A token of the person who asks, for as long as the trial may take. */
  async function withToken<T>({ userId }: Viewer, run: (token: string) => Promise<T>): Promise<T> {
    const token = randomBytes(32).toString('base64url');
    const id = newId();
    const createdAt = clock.now();
    const expiresAt = createdAt + 2 * TRIAL_LIMITS.runMs;
    await records.db
      .insertInto('apiTokens')
      .values({ id, tokenHash: hashToken(token), userId, name: 'rule trial', createdAt, expiresAt })
      .execute();
    try {
      return await run(token);
    } finally {
      await records.db.deleteFrom('apiTokens').where('id', '=', id).execute();
    }
  }

  function addressOfHub(): string {
    const address = app.server.address();
    if (typeof address !== 'object' || address === null) throw new AppError('internal', 'the hub is not listening');
    const host = config.http.host === '0.0.0.0' || config.http.host === '::' ? '127.0.0.1' : config.http.host;
    return `${config.http.tls ? 'https' : 'http'}://${host}:${address.port}`;
  }
};

export default trials;
