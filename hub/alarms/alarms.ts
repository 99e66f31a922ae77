/**
 * The hub's alarms. In: facts from gateways, people and the hub's own timers. Out: the folded alarm
 * in the records store, a live event, a downlink to the gateway for what was said here, and a call
 * to everybody who listens (tickets, notifiers). A fact that is known changes nothing, twice.
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import {
  type Alarm,
  type AlarmAction,
  type AlarmFact,
  type Author,
  decideAlarm,
  type FactBody,
  hubTimeOf,
} from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { Live } from '../live/live.ts';
import { OPERATIONS } from '../plugins/viewer.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Downlinks } from '../uplink/downlinks.ts';
import { alarmItem } from './item.ts';
import { factsOf, storeFacts } from './projection.ts';

/** A downlink stays of a size that a gateway takes at once. */
const FACTS_PER_DOWNLINK_MAX = 200;

export interface AlarmChange {
  alarm: Alarm;
  /** As it was before the facts that came together with this one; undefined for a new alarm. */
  before: Alarm | undefined;
  fact: AlarmFact;
  /** When the fact was said, by the hub's clock: to be compared with; the fact keeps what the speaker's clock said. */
  saidAt: number;
  /** It is about something that is over: show it, start nothing, notify nobody. */
  history: boolean;
}

/** Called after the facts are stored. A listener must bear being called again after a crash. */
type AlarmListener = (change: AlarmChange) => void | Promise<void>;

export interface Transaction {
  db: Kysely<RecordTables>;
  /**
   * Stores facts in this transaction; they are announced once it is through. `skewMs`: how far the clock
   * of who says them is ahead, for those that do not tell it themselves.
   */
  addFacts(facts: AlarmFact[], options?: { history?: boolean; skewMs?: number }): Promise<void>;
}

export interface Alarms {
  /**
   * Runs one after another, so that no two writers fold the same alarm beside each other. `lazily`:
   * for what is said again after a crash (Records.lazily).
   */
  transact<T>(run: (transaction: Transaction) => Promise<T>, options?: { lazily?: boolean }): Promise<T>;
  /** What a person does to an alarm. Throws `conflict` when its present state forbids it. */
  act(options: { alarmId: string; action: AlarmAction; username: string }): Promise<Alarm>;
  /** A fact that the hub itself states: a policy, a timer, a ticket. */
  state(options: {
    alarmId: string;
    body: FactBody;
    author?: Author;
    id?: string;
    at?: number;
    lazily?: boolean;
  }): Promise<void>;
  get(alarmId: string): Promise<Alarm | undefined>;
  facts(alarmId: string): Promise<AlarmFact[]>;
  onChange(listener: AlarmListener): void;
  /** Shows the alarm again to the consoles: something that belongs to it has arrived. */
  show(alarmId: string): Promise<void>;
}

export function createAlarms(parts: {
  records: Records;
  live: Live;
  downlinks: Downlinks;
  clock: Clock;
  log: Logger;
  newId: NewId;
}): Alarms {
  const { records, live, downlinks, clock, newId } = parts;
  const log = parts.log.child({ component: 'alarms' });
  const listeners: AlarmListener[] = [];
  let tail: Promise<unknown> = Promise.resolve();

  const alarms: Alarms = {
    transact(run, options = {}) {
      const turn = tail.then(() => once(run, options.lazily === true));
      tail = turn.catch(() => undefined);
      return turn;
    },
    async act({ alarmId, action, username }) {
      await alarms.transact(async ({ db, addFacts }) => {
        const alarm = await load(db, alarmId);
        if (!alarm) throw new AppError('not-found', 'there is no such alarm');
        const decided = decideAlarm(alarm, action, clock.now());
        if (!decided.ok) throw new AppError('conflict', decided.reason);
        await addFacts([factOf({ alarmId, body: decided.body, author: { type: 'person', id: username } })]);
      });
      const alarm = await load(records.db, alarmId);
      if (!alarm) throw new AppError('not-found', 'there is no such alarm');
      return alarm;
    },
    async state({ alarmId, body, author = { type: 'system', id: 'hub' }, id, at, lazily = false }) {
      const fact = factOf({ alarmId, body, author, ...(id ? { id } : {}), ...(at === undefined ? {} : { at }) });
      await alarms.transact(({ addFacts }) => addFacts([fact]), { lazily });
    },
    get: (alarmId) => load(records.db, alarmId),
    facts: (alarmId) => factsOf(records.db, alarmId),
    onChange: (listener) => void listeners.push(listener),
    async show(alarmId) {
      const alarm = await load(records.db, alarmId);
      if (alarm) publish(alarm, true);
    },
  };
  return alarms;

  async function once<T>(run: (transaction: Transaction) => Promise<T>, isLazy: boolean): Promise<T> {
    const changes: AlarmChange[] = [];
    const told = new Set<string>();
    const inTransaction = (db: Kysely<RecordTables>) => {
      // A database may run the body again; what an aborted run collected must not be announced.
      changes.length = 0;
      return run({
        db,
        async addFacts(facts, options = {}) {
          // Gateway → what was said here about its alarms.
          const said = new Map<string, AlarmFact[]>();
          for (const { before, after, facts: fresh } of await storeFacts(db, facts, clock.now())) {
            if (!after) continue;
            const over = after.condition === 'cleared' && options.history === true;
            for (const fact of fresh) {
              const saidAt = Math.min(clock.now(), hubTimeOf({ skewMs: options.skewMs, ...fact }));
              changes.push({ alarm: after, before, fact, saidAt, history: over || fact.late === true });
              if (fact.origin.type !== 'hub') continue;
              said.set(after.gatewayId, [...(said.get(after.gatewayId) ?? []), fact]);
            }
          }
          for (const [gatewayId, own] of said) {
            for (let start = 0; start < own.length; start += FACTS_PER_DOWNLINK_MAX)
              await downlinks.queue(db, gatewayId, {
                type: 'facts',
                facts: own.slice(start, start + FACTS_PER_DOWNLINK_MAX),
              });
            told.add(gatewayId);
          }
        },
      });
    };
    const result = isLazy ? await records.lazily(inTransaction) : await records.db.transaction().execute(inTransaction);
    for (const gatewayId of told) downlinks.changed(gatewayId);
    announce(changes);
    return result;
  }

  function announce(changes: AlarmChange[]): void {
    const newest = new Map(changes.map((change) => [change.alarm.id, change]));
    for (const { alarm, history } of newest.values()) publish(alarm, history);
    for (const change of changes) {
      for (const listener of listeners) void callSafely(listener, change);
    }
  }

  /** `history` tells the console to make no sound. */
  function publish(alarm: Alarm, history: boolean): void {
    live.publish({
      type: 'alarm',
      communityId: alarm.communityId,
      roles: OPERATIONS,
      data: { ...alarmItem(alarm), history },
    });
  }

  /** A listener's fault must not undo or delay what is stored. */
  async function callSafely(listener: AlarmListener, change: AlarmChange): Promise<void> {
    try {
      await listener(change);
    } catch (error) {
      log.error({ err: error, alarmId: change.alarm.id, fact: change.fact.body.type }, 'a listener of alarms failed');
    }
  }

  function factOf(said: { alarmId: string; body: FactBody; author: Author; id?: string; at?: number }): AlarmFact {
    return {
      id: said.id ?? newId(),
      alarmId: said.alarmId,
      at: said.at ?? clock.now(),
      origin: { type: 'hub', id: 'hub' },
      author: said.author,
      body: said.body,
    };
  }
}

async function load(db: Kysely<RecordTables>, alarmId: string): Promise<Alarm | undefined> {
  const row = await db.selectFrom('alarms').select('alarm').where('id', '=', alarmId).executeTakeFirst();
  return row && (JSON.parse(row.alarm) as Alarm);
}
