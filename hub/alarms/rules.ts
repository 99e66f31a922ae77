/**
 * What a community wants otherwise than the defaults: overrides of rules, which alarms mute which, and
 * planned times of silence. Kept here, sent down to the community's gateways as one whole, which is what they run.
 */
import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import type { RuleOverride } from '../../core/effective-rules.ts';
import { DEFAULT_INHIBITIONS, type Inhibition } from '../../core/inhibition.ts';
import type { MuteWindow } from '../../core/mute-window.ts';
import type { RuleSpec } from '../../core/rule.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Downlinks } from '../uplink/downlinks.ts';
import type { Gateways } from '../uplink/gateways.ts';

type RuleTables = RecordTables & {
  ruleOverrides: {
    communityId: string;
    scope: RuleOverride['scope'];
    targetId: string;
    ruleId: string;
    rule: string;
    changedAt: number;
    changedBy: string;
  };
  inhibitions: {
    communityId: string;
    id: string;
    inhibition: string;
    enabled: 0 | 1;
    changedAt: number;
    changedBy: string;
  };
  muteWindows: { id: string; communityId: string; fromAt: number; untilAt: number; muteWindow: string };
};

type Db = Kysely<RuleTables>;

interface ChangedOverride extends RuleOverride {
  changedAt: number;
  changedBy: string;
}

interface ListedInhibition {
  inhibition: Inhibition;
  from: 'default' | 'community';
  enabled: boolean;
  changedAt: number | null;
  changedBy: string | null;
}

export interface Rules {
  overrides(communityId: string): Promise<ChangedOverride[]>;
  setOverride(communityId: string, override: RuleOverride, by: string): Promise<void>;
  /** False when there was none. */
  removeOverride(
    communityId: string,
    of: { scope: RuleOverride['scope']; id: string; ruleId: string },
  ): Promise<boolean>;
  inhibitions(communityId: string): Promise<ListedInhibition[]>;
  setInhibition(communityId: string, change: { inhibition: Inhibition; enabled: boolean }, by: string): Promise<void>;
  /** Back to the default of this id, or to none. False when there was nothing to take back. */
  removeInhibition(communityId: string, id: string): Promise<boolean>;
  /** In force or to come. */
  windows(communityId: string): Promise<MuteWindow[]>;
  setWindow(communityId: string, window: MuteWindow): Promise<void>;
  /** The community it belonged to, or undefined when there is none. */
  windowCommunity(windowId: string): Promise<string | undefined>;
  removeWindow(windowId: string): Promise<void>;
}

export function createRules(parts: {
  records: Records;
  downlinks: Downlinks;
  gateways: Pick<Gateways, 'reload'>;
  clock: Clock;
}): Rules {
  const { downlinks, clock } = parts;
  const db = parts.records.db as unknown as Db;

  const rules: Rules = {
    overrides: (communityId) => readOverrides(db, communityId),
    async setOverride(communityId, { scope, id, rule }, by) {
      await change(communityId, async (trx) => {
        const key = { communityId, scope, targetId: id, ruleId: rule.id };
        const what = { rule: JSON.stringify(rule), changedAt: clock.now(), changedBy: by };
        await trx
          .insertInto('ruleOverrides')
          .values({ ...key, ...what })
          .onConflict((conflict) => conflict.columns(['communityId', 'scope', 'targetId', 'ruleId']).doUpdateSet(what))
          .execute();
        return true;
      });
    },
    removeOverride: (communityId, { scope, id, ruleId }) =>
      change(communityId, async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('ruleOverrides')
          .where('communityId', '=', communityId)
          .where('scope', '=', scope)
          .where('targetId', '=', id)
          .where('ruleId', '=', ruleId)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }),
    inhibitions: (communityId) => readInhibitions(db, communityId),
    async setInhibition(communityId, { inhibition, enabled }, by) {
      await change(communityId, async (trx) => {
        const what = {
          inhibition: JSON.stringify(inhibition),
          enabled: enabled ? (1 as const) : (0 as const),
          changedAt: clock.now(),
          changedBy: by,
        };
        await trx
          .insertInto('inhibitions')
          .values({ communityId, id: inhibition.id, ...what })
          .onConflict((conflict) => conflict.columns(['communityId', 'id']).doUpdateSet(what))
          .execute();
        return true;
      });
    },
    removeInhibition: (communityId, id) =>
      change(communityId, async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('inhibitions')
          .where('communityId', '=', communityId)
          .where('id', '=', id)
          .executeTakeFirst();
        return numDeletedRows > 0n;
      }),
    windows: (communityId) => readWindows(db, communityId, clock.now()),
    setWindow: async (communityId, window) => {
      const { id, fromAt, untilAt } = window;
      await change(communityId, async (trx) => {
        const row = { id, communityId, fromAt, untilAt, muteWindow: JSON.stringify(window) };
        await trx.insertInto('muteWindows').values(row).execute();
        return true;
      });
    },
    async windowCommunity(windowId) {
      const row = await db
        .selectFrom('muteWindows')
        .select('communityId')
        .where('id', '=', windowId)
        .executeTakeFirst();
      return row?.communityId;
    },
    async removeWindow(windowId) {
      const communityId = await rules.windowCommunity(windowId);
      if (communityId === undefined) return;
      await change(communityId, async (trx) => {
        await trx.deleteFrom('muteWindows').where('id', '=', windowId).execute();
        return true;
      });
    },
  };
  return rules;

  /** The change and the word to the gateways are one transaction; a gateway that is away gets it when it is back. */
  async function change(communityId: string, run: (trx: Db) => Promise<boolean>): Promise<boolean> {
    const touched: string[] = [];
    const isChanged = await db.transaction().execute(async (trx) => {
      if (!(await run(trx))) return false;
      const body = await rulesBody(trx as unknown as Kysely<RecordTables>, communityId, clock.now());
      const gateways = await trx.selectFrom('gateways').select('id').where('communityId', '=', communityId).execute();
      for (const { id } of gateways) {
        await downlinks.queue(trx as unknown as Kysely<RecordTables>, id, body);
        touched.push(id);
      }
      return true;
    });
    if (touched.length > 0) await parts.gateways.reload();
    for (const id of touched) downlinks.changed(id);
    return isChanged;
  }
}

/** The whole of what a gateway of this community is to run otherwise. */
export async function rulesBody(records: Kysely<RecordTables>, communityId: string, now: number) {
  const db = records as unknown as Db;
  return {
    type: 'rules' as const,
    version: now,
    overrides: (await readOverrides(db, communityId)).map(({ scope, id, rule }) => ({ scope, id, rule })),
    windows: await readWindows(db, communityId, now),
    inhibitions: (await readInhibitions(db, communityId)).flatMap((one) => (one.enabled ? [one.inhibition] : [])),
  };
}

async function readOverrides(db: Db, communityId: string): Promise<ChangedOverride[]> {
  const rows = await db
    .selectFrom('ruleOverrides')
    .selectAll()
    .where('communityId', '=', communityId)
    .orderBy('scope')
    .orderBy('targetId')
    .orderBy('ruleId')
    .execute();
  return rows.map((row) => ({
    scope: row.scope,
    id: row.targetId,
    rule: JSON.parse(row.rule) as RuleSpec,
    changedAt: Number(row.changedAt),
    changedBy: row.changedBy,
  }));
}

async function readWindows(db: Db, communityId: string, now: number): Promise<MuteWindow[]> {
  const rows = await db
    .selectFrom('muteWindows')
    .select('muteWindow')
    .where('communityId', '=', communityId)
    .where('untilAt', '>', now)
    .orderBy('fromAt')
    .orderBy('id')
    .execute();
  return rows.map((row) => JSON.parse(row.muteWindow) as MuteWindow);
}

/** The defaults, with what the community says of each, and its own. */
async function readInhibitions(db: Db, communityId: string): Promise<ListedInhibition[]> {
  const rows = await db
    .selectFrom('inhibitions')
    .selectAll()
    .where('communityId', '=', communityId)
    .orderBy('id')
    .execute();
  const own = rows.map((row) => ({
    inhibition: JSON.parse(row.inhibition) as Inhibition,
    from: 'community' as const,
    enabled: row.enabled === 1,
    changedAt: Number(row.changedAt),
    changedBy: row.changedBy,
  }));
  const said = new Set(own.map(({ inhibition }) => inhibition.id));
  const defaults = DEFAULT_INHIBITIONS.filter(({ id }) => !said.has(id)).map((inhibition) => ({
    inhibition,
    from: 'default' as const,
    enabled: true,
    changedAt: null,
    changedBy: null,
  }));
  return [...defaults, ...own];
}
