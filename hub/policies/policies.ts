/**
 * Policies that the street can change while the hub runs: one row each, validated when set and when
 * read. In: an id of POLICIES. Out: the stored value or the default; a listener hears of a change.
 */

import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Records } from '../stores/records/records.ts';
import { ESCALATION_POLICY, escalationPolicySchema } from './escalation-policy.ts';
import { SLA_POLICY, slaPolicySchema } from './sla.ts';
import { TICKET_POLICY, ticketPolicySchema } from './ticket-policy.ts';

export const POLICIES = {
  tickets: { schema: ticketPolicySchema, value: TICKET_POLICY },
  sla: { schema: slaPolicySchema, value: SLA_POLICY },
  escalation: { schema: escalationPolicySchema, value: ESCALATION_POLICY },
} as const;

export type PolicyId = keyof typeof POLICIES;
type PolicyOf<Id extends PolicyId> = z.output<(typeof POLICIES)[Id]['schema']>;

export interface Policies {
  start(): Promise<void>;
  get<Id extends PolicyId>(id: Id): PolicyOf<Id>;
  /** `value` has passed the policy's schema. */
  set<Id extends PolicyId>(id: Id, value: PolicyOf<Id>, username: string): Promise<void>;
  /** Back to what the program brings along. */
  reset(id: PolicyId): Promise<void>;
  onChange(listener: (id: PolicyId) => void | Promise<void>): void;
}

type PolicyTables = { policies: { id: string; value: string; changedAt: number; changedBy: string } };

export function createPolicies(parts: { records: Records; clock: Clock; log: Logger }): Policies {
  const { clock, log } = parts;
  const db = parts.records.db.withTables<PolicyTables>();
  const values = new Map<PolicyId, unknown>();
  const listeners: ((id: PolicyId) => void | Promise<void>)[] = [];

  return {
    async start() {
      for (const row of await db.selectFrom('policies').selectAll().execute()) {
        if (!isPolicyId(row.id)) continue;
        const parsed = POLICIES[row.id].schema.safeParse(JSON.parse(row.value));
        // A stored policy that a later version no longer understands must not stop the hub.
        if (parsed.success) values.set(row.id, parsed.data);
        else
          log.error(
            { policy: row.id, issues: parsed.error.issues },
            'a stored policy is not valid: the default is used',
          );
      }
    },
    get: <Id extends PolicyId>(id: Id) => (values.get(id) ?? POLICIES[id].value) as PolicyOf<Id>,
    async set(id, value, username) {
      const row = { value: JSON.stringify(value), changedAt: clock.now(), changedBy: username };
      await db
        .insertInto('policies')
        .values({ id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      values.set(id, value);
      for (const listener of listeners) await listener(id);
    },
    async reset(id) {
      await db.deleteFrom('policies').where('id', '=', id).execute();
      values.delete(id);
      for (const listener of listeners) await listener(id);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

export function isPolicyId(id: string): id is PolicyId {
  return id in POLICIES;
}
