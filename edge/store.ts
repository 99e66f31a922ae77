/**
 * What the gateway knows, beside the journal: outbox, alarm facts, rule states, latest values,
 * registry, commands, dead letters, and how far it has come. One lmdb environment, so that one
 * transaction moves all of it from one true state to the next.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { AlarmFact } from '../core/alarm.ts';
import { type Clock, sleep } from '../core/clock.ts';
import type { RegisteredDevice } from '../core/device.ts';
import { tryWrite } from '../core/disk.ts';
import type { DownlinkBody, Lane, RefusedVersion } from '../core/envelope.ts';
import type { GatewaySettings } from '../core/gateway-settings.ts';
import type { NewId } from '../core/ids.ts';
import type { LatestValue, Liveness } from '../core/reading.ts';

const RETRY_MS = 1_000;
const SILENT_MS = 5_000;
/** No disk that works takes so long for a commit. */
const SILENT_MS_MAX = 60_000;

/** How far the gateway has come. */
interface Progress {
  /** Segments up to here are evaluated. */
  evaluated: number;
  /** Telemetry of segments up to here is in the outbox. */
  packed: number;
}

export interface LaneState {
  nextSeq: number;
  /** Everything up to here is stored at the hub. */
  ackedSeq: number;
  /** Bytes of batches that wait, and of batches that are kept for a resend. */
  waitingBytes: number;
  keptBytes: number;
  /** Readings, facts, events that were evicted, ever. */
  evicted: number;
}

export interface StoredBatch {
  /** When it was made, epoch ms. */
  at: number;
  /** Span of the measurements in it. */
  fromAt: number;
  toAt: number;
  entries: number;
  /** zstd of the JSON of its entries. */
  packed: Buffer;
  /** Sent again because the hub asked for it: history, whenever it was made. */
  again?: true;
  /** Evidence: the file whose bytes go with it, relative to the evidence folder. */
  file?: string;
}

export interface StoredDeviceState {
  liveness: Liveness;
  lastSeenAt: number;
  values: Record<string, LatestValue>;
}

export interface StoredCommand {
  id: string;
  deviceId: string;
  name: string;
  args: Record<string, unknown>;
  deadlineAt: number;
  by: string;
  status: 'waiting' | 'delivered';
}

export interface DeadLetter {
  at: number;
  deviceId: string;
  channel: string;
  reason: string;
  detail: string;
  payloadBytes: number;
  /** The head of the payload, base64. */
  payload: string;
}

export interface Registry {
  version: number;
  devices: RegisteredDevice[];
}

export type RuleOverrides = Extract<DownlinkBody, { type: 'rules' }>['overrides'];

export interface StoredRules {
  version: number;
  overrides: RuleOverrides;
  refused?: RefusedVersion;
}

export interface VersionedSettings {
  version: number;
  settings: GatewaySettings;
}

/** What the hub pushed of the configuration. */
export interface StoredSettings {
  running?: VersionedSettings;
  /** Present while `running` is on trial: what runs again if it fails, and how often the gateway began with it. */
  trial?: { before: VersionedSettings | undefined; starts: number };
  refused?: RefusedVersion;
}

export interface Store {
  /** Made with the store; a new store starts a new count. */
  readonly epoch: string;
  readonly outbox: Database<StoredBatch, [Lane, number]>;
  /** Alarm id and fact id → fact. */
  readonly facts: Database<AlarmFact, [string, string]>;
  /** The engine's own key → state of a rule. */
  readonly ruleStates: Database<unknown, string>;
  readonly devices: Database<StoredDeviceState, string>;
  readonly commands: Database<StoredCommand, string>;
  readonly deadLetters: Database<DeadLetter, number>;
  progress(): Progress;
  lane(lane: Lane): LaneState;
  registry(): Registry;
  rules(): StoredRules;
  settings(): StoredSettings;
  /** The last downlink that was carried out. */
  downlinkSeq(): number;
  /** How far this clock was ahead of the hub's when that was measured last, ms. */
  clockAheadMs(): number;
  put<K extends keyof Meta>(key: K, value: Meta[K]): void;
  putLane(lane: Lane, state: LaneState): void;
  /**
   * Runs `work` in one transaction; resolves when it is committed. A disk that refuses is tried again
   * until `stop`: `work` must say the same each time it is called.
   */
  commit(work: () => void): Promise<void>;
  /** Resolves when everything committed so far is on the disk. */
  flushed(): Promise<void>;
  readonly blocked: string | undefined;
  stop(): Promise<void>;
}

interface Meta {
  progress: Progress;
  registry: Registry;
  rules: StoredRules;
  settings: StoredSettings;
  downlinkSeq: number;
  clockAheadMs: number;
  epoch: string;
}

/** Every named database of the store. */
export const DATABASES = ['meta', 'outbox', 'facts', 'rule-states', 'devices', 'commands', 'dead-letters'] as const;

export const NEW_LANE: LaneState = { nextSeq: 1, ackedSeq: 0, waitingBytes: 0, keptBytes: 0, evicted: 0 };

export function openStore(options: {
  folder: string;
  clock: Clock;
  newId: NewId;
  /** Why the disk takes nothing; undefined when it does again. */
  onBlocked(reason: string | undefined): void;
  /** The disk refused in the middle of a commit and takes writes again: only a new process can open the store. */
  onDead(error: Error): void;
}): Store {
  const { folder, clock, newId } = options;
  mkdirSync(folder, { recursive: true });
  const waysOut = process.listeners('exit');
  // Without batching by turn: its promises are lmdb's own, and a disk that refuses would end the process with them.
  const root: RootDatabase = open({
    path: join(folder, 'state'),
    maxDbs: 16,
    noMemInit: true,
    eventTurnBatching: false,
  });
  // lmdb's own way out waits for ever for a commit that the disk never answered, on whichever way the process ends.
  // Nothing is left to be saved by then: what counts was on the disk before it was acknowledged.
  for (const listener of process.listeners('exit'))
    if (!waysOut.includes(listener)) process.removeListener('exit', listener);
  const meta = root.openDB<unknown, string>({ name: 'meta' });
  const closing = new AbortController();
  let blocked: string | undefined;

  const read = <K extends keyof Meta>(key: K, otherwise: Meta[K]): Meta[K] =>
    (meta.get(key) as Meta[K] | undefined) ?? otherwise;
  let epoch = read('epoch', '');
  if (!epoch) {
    epoch = newId();
    meta.putSync('epoch', epoch);
  }
  function block(reason: string | undefined): void {
    if ((reason === undefined) !== (blocked === undefined)) options.onBlocked(reason);
    blocked = reason;
  }

  /** A commit that the disk refused may never be answered: silence after a refusal, or for long, is the end of this store. */
  function answered(commit: Promise<void>): Promise<void> {
    const startedAt = clock.monotonic();
    return new Promise((resolve, reject) => {
      let timer = clock.after(SILENT_MS, () => void look(false));
      const look = async (wasRefused: boolean) => {
        const refusal = await tryWrite(folder);
        if (refusal !== undefined) block(refusal);
        else if (wasRefused || clock.monotonic() - startedAt > SILENT_MS_MAX)
          return reject(Object.assign(new Error('MDB_PANIC: a commit is not answered'), { code: PANIC_CODE }));
        timer = clock.after(SILENT_MS, () => void look(wasRefused || refusal !== undefined));
      };
      const stop = () => timer.cancel();
      closing.signal.addEventListener('abort', stop, { once: true });
      commit.then(resolve, reject).finally(() => {
        stop();
        closing.signal.removeEventListener('abort', stop);
      });
    });
  }

  /** False when a commit under way failed. */
  async function flushedOnce(): Promise<boolean> {
    try {
      await root.flushed;
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return false;
    }
  }

  return {
    epoch,
    outbox: root.openDB<StoredBatch, [Lane, number]>({ name: 'outbox' }),
    facts: root.openDB<AlarmFact, [string, string]>({ name: 'facts' }),
    ruleStates: root.openDB<unknown, string>({ name: 'rule-states' }),
    devices: root.openDB<StoredDeviceState, string>({ name: 'devices' }),
    commands: root.openDB<StoredCommand, string>({ name: 'commands' }),
    deadLetters: root.openDB<DeadLetter, number>({ name: 'dead-letters' }),
    progress: () => read('progress', { evaluated: 0, packed: 0 }),
    lane: (lane) => (meta.get(`lane ${lane}`) as LaneState | undefined) ?? { ...NEW_LANE },
    registry: () => read('registry', { version: 0, devices: [] }),
    rules: () => read('rules', { version: 0, overrides: [] }),
    settings: () => read('settings', {}),
    downlinkSeq: () => read('downlinkSeq', 0),
    clockAheadMs: () => read('clockAheadMs', 0),
    put: (key, value) => void meta.put(key, value),
    putLane: (lane, state) => void meta.put(`lane ${lane}`, state),
    async commit(work) {
      while (!closing.signal.aborted) {
        try {
          await answered(root.transaction(work));
          block(undefined);
          return;
        } catch (error) {
          if (!isDiskError(error)) throw error;
          const cause = await causeOf(error);
          block(cause.message);
          // Asked by a file of its own: each commit that fails is a risk to the process, lmdb being what it is.
          do await sleep(clock, RETRY_MS, closing.signal);
          while (!closing.signal.aborted && (await tryWrite(folder)) !== undefined);
          if (isPanic(cause) && !closing.signal.aborted) {
            options.onDead(cause);
            throw cause;
          }
        }
      }
    },
    async flushed() {
      // A commit that the disk refuses takes its promise of a flush with it; the next one brings a new one.
      while (!(await Promise.race([flushedOnce(), sleep(clock, RETRY_MS).then(() => false)])));
    },
    get blocked() {
      return blocked;
    },
    async stop() {
      closing.abort();
      await flushedOnce();
      await root.close();
    },
  };
}

/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID: no second try mends it, the next start does. */
const DAMAGE_CODES: readonly unknown[] = [-30797, -30796, -30793];
/** MDB_PANIC: the page that names the newest state could not be written. What is on the disk is whole. */
const PANIC_CODE = -30795;

/** What the disk said is behind a promise of its own, which must not stay unheard. */
async function causeOf(error: unknown): Promise<Error> {
  const cause: unknown = await (error as { commitError?: Promise<never> }).commitError?.catch((said: unknown) => said);
  const told = cause ?? error;
  return told instanceof Error ? told : new Error(String(told));
}

/** The store says it by code, or only in words. */
function isPanic(error: Error): boolean {
  return codeOf(error) === PANIC_CODE || error.message.includes('MDB_PANIC');
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/** Errors of lmdb carry a code or the error of the commit; anything else is a bug in `work`. */
function isDiskError(error: unknown): boolean {
  if (DAMAGE_CODES.includes(codeOf(error))) return false;
  return error instanceof Error && ('commitError' in error || typeof codeOf(error) === 'number');
}
