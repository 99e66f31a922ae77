/** The audit log: who did or looked at what, when. Rows are only ever added. */
import type { Kysely } from 'kysely';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { Records } from './stores/records/records.ts';
import type { RecordTables } from './stores/records/tables.ts';

interface AuditEntry {
  actor: { type: 'person' | 'gateway' | 'system' | 'resident'; id: string };
  /** Verb and object, in words that stay the same: `alarm.ack`, `evidence.viewed`. */
  action: string;
  target: { type: string; id: string };
  communityId?: string | null;
  /** What else explains the act; never a secret. */
  detail?: Record<string, unknown>;
}

export interface Audit {
  /** In a transaction the entry stands or falls with what it tells of. */
  add(entry: AuditEntry, db?: Kysely<RecordTables>): Promise<void>;
}

export function createAudit({ records, clock, newId }: { records: Records; clock: Clock; newId: NewId }): Audit {
  return {
    async add(entry, db = records.db) {
      await db
        .insertInto('auditLog')
        .values({
          id: newId(),
          at: clock.now(),
          actorType: entry.actor.type,
          actorId: entry.actor.id,
          action: entry.action,
          targetType: entry.target.type,
          targetId: entry.target.id,
          communityId: entry.communityId ?? null,
          detail: entry.detail ? JSON.stringify(entry.detail) : null,
        })
        .execute();
    },
  };
}
