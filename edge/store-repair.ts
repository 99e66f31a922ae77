/**
 * Looks at the store before it is opened. A damaged one is set aside under `store/damaged/`, and what
 * is whole of it goes into a fresh one: facts and states as they are, batches that the hub may lack
 * with new sequences under a new epoch, marked as sent again, so that what the hub has is not doubled.
 * What could not be read is returned, to be told.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, open as openFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { open } from 'lmdb';
import type { Logger } from 'pino';
import { alarmFactSchema } from '../core/alarm.ts';
import type { Clock } from '../core/clock.ts';
import { LANES, type Lane } from '../core/envelope.ts';
import { sizeOf, unpackEntries } from './outbox/outbox.ts';
import { DATABASES, type LaneState, NEW_LANE, type StoredBatch } from './store.ts';

/** A larger one is walked only after an end that was none: a walk reads all of it. */
const CHECK_BYTES_MAX = 512 * 1024 * 1024;
const CHECK_MS_MAX = 120_000;
const KEPT_ASIDE_MAX = 5;
const PAGE_BYTES = 4_096;
const READER = fileURLToPath(new URL('./store-reader.ts', import.meta.url));

export interface Loss {
  lane: Lane;
  /** Batches, since what was in them is not known. */
  count: number;
  fromAt: number;
  toAt: number;
}

export interface Repair {
  /** Where the damaged files lie. */
  keptAs: string;
  /** What the first look said. */
  reason: string;
  /** Database → entries that were saved. */
  saved: Record<string, number>;
  losses: Loss[];
  /** How far the gateway had come is lost too: the journal says the rest. */
  progressLost: boolean;
}

type Entries = [key: unknown, value: unknown][];

/** Undefined for a store that is whole, or not there yet. */
export async function repairStore(folder: string, tools: { clock: Clock; log: Logger }): Promise<Repair | undefined> {
  const path = join(folder, 'state');
  const data = join(path, 'data.mdb');
  if (!existsSync(data)) return undefined;
  const { size } = await stat(data);
  if (size > CHECK_BYTES_MAX && !existsSync(runningMark(folder))) return undefined;
  const reason = await read([path, 'check']);
  if (reason === undefined) return undefined;
  const keptAs = setAside(folder, path, tools.clock.now());
  tools.log.error({ reason, keptAs }, 'the store is damaged: it is set aside, what is whole of it is saved');
  const repair = await salvage({ from: keptAs, to: path, reason, now: tools.clock.now() });
  tools.log.error({ ...repair }, 'a fresh store holds what could be saved');
  return repair;
}

/** Says that a gateway runs on the store, until the returned function is called: an end without it was none. */
export function markRunning(folder: string): () => void {
  const mark = runningMark(folder);
  writeFileSync(mark, '');
  return () => rmSync(mark, { force: true });
}

function runningMark(folder: string): string {
  return join(folder, 'running');
}

function setAside(folder: string, path: string, now: number): string {
  const keptAs = asidePlace(folder, `state-${now}`);
  renameSync(path, keptAs);
  return keptAs;
}

/** A path for a damaged file below `damaged/`; of what lies there only the newest stay. */
export function asidePlace(folder: string, name: string): string {
  const place = join(folder, 'damaged');
  mkdirSync(place, { recursive: true });
  const byAge = readdirSync(place).sort((a, b) => timeOf(a) - timeOf(b));
  for (const old of byAge.slice(0, 1 - KEPT_ASIDE_MAX)) rmSync(join(place, old), { recursive: true });
  return join(place, name);
}

/** `state-1795500000000`, `journal-1795500000000-00000003.log`. */
function timeOf(name: string): number {
  return Number(/-(\d+)/.exec(name)?.[1] ?? 0);
}

async function salvage(job: { from: string; to: string; reason: string; now: number }): Promise<Repair> {
  const { from, to, reason, now } = job;
  const source = (await withHeader(from)) ?? from;
  const found = new Map<string, Entries>();
  for (const name of DATABASES) found.set(name, await readDatabase(source, name));
  if (source !== from) await rm(source, { recursive: true });
  const meta = new Map(found.get('meta') as [string, unknown][]);
  meta.delete('epoch');
  const bornAt = Math.floor((await stat(join(from, 'data.mdb'))).birthtimeMs) || now;
  const { batches, lanes, losses } = arrangeBatches(found.get('outbox') ?? [], meta, { bornAt, now });
  for (const [lane, state] of lanes) meta.set(`lane ${lane}`, state);
  found.set('outbox', batches);
  found.set(
    'facts',
    (found.get('facts') ?? []).filter(([, value]) => alarmFactSchema.safeParse(value).success),
  );
  found.set('meta', [...meta]);
  const root = open({ path: to, maxDbs: 16, noMemInit: true });
  const saved: Record<string, number> = {};
  for (const [name, entries] of found) {
    const database = root.openDB({ name });
    await root.transaction(() => {
      for (const [key, value] of entries) void database.put(key as string, value);
    });
    saved[name] = entries.length;
  }
  await root.flushed;
  await root.close();
  return { keptAs: from, reason, saved, losses, progressLost: !meta.has('progress') };
}

/** From both ends, since a broken page in the middle stops either. */
async function readDatabase(path: string, name: string): Promise<Entries> {
  const found = new Map<string, [unknown, unknown]>();
  for (const direction of ['forward', 'reverse']) {
    const take = (body: Buffer) => {
      const entry = deserialize(body) as [unknown, unknown];
      found.set(JSON.stringify(entry[0]), entry);
    };
    if ((await read([path, name, direction], take)) === undefined) break;
  }
  return [...found.values()];
}

/** Resolves with undefined when everything was whole, otherwise with what went wrong. */
function read(args: string[], onFrame: (body: Buffer) => void = () => {}): Promise<string | undefined> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', READER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CHECK_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let waiting = Buffer.alloc(0);
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32LE()) {
      const end = 4 + waiting.readUInt32LE();
      onFrame(waiting.subarray(4, end));
      waiting = waiting.subarray(end);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal ? `a page of it is beyond its end (${signal})` : lastLine(errors));
    });
  });
}

function lastLine(errors: string): string {
  const line = errors.split('\n').find((one) => /Error: |MDB_/.test(one));
  return (line ?? 'it cannot be read').trim().slice(0, 200);
}

/** A copy with its first header restored from the second, where only the first is gone. */
async function withHeader(from: string): Promise<string | undefined> {
  const copy = `${from}-copy`;
  const handle = await openFile(join(from, 'data.mdb'), 'r');
  const pages = Buffer.alloc(2 * PAGE_BYTES);
  await handle.read(pages, 0, pages.length, 0);
  await handle.close();
  const hasMagic = (page: Buffer) => page.readUInt32LE(24) === 0xbeefc0de;
  const [first, second] = [pages.subarray(0, PAGE_BYTES), pages.subarray(PAGE_BYTES)];
  if (hasMagic(first) || !hasMagic(second)) return undefined;
  // The header says which page it stands on.
  const header = Buffer.from(second);
  header.writeBigUInt64LE(0n);
  mkdirSync(copy);
  await copyFile(join(from, 'data.mdb'), join(copy, 'data.mdb'));
  const writer = await openFile(join(copy, 'data.mdb'), 'r+');
  await writer.write(header, 0, header.length, 0);
  await writer.close();
  return copy;
}

/**
 * What the hub may lack gets new sequences; what it acknowledged was kept for a resend only. Nothing in the
 * store is older than `bornAt`.
 */
function arrangeBatches(
  found: Entries,
  meta: ReadonlyMap<string, unknown>,
  { bornAt, now }: { bornAt: number; now: number },
) {
  const lanes = new Map<Lane, LaneState>();
  const batches: Entries = [];
  const losses: Loss[] = [];
  for (const lane of LANES) {
    const before = meta.get(`lane ${lane}`) as LaneState | undefined;
    const ackedSeq = before?.ackedSeq ?? 0;
    const ofLane = (found as [[Lane, number], StoredBatch][])
      .filter(([[of]]) => of === lane)
      .sort((a, b) => a[0][1] - b[0][1]);
    const waiting = ofLane.filter(([[, seq], batch]) => seq > ackedSeq && isWhole(batch));
    const sinceAt = ofLane.findLast(([[, seq]]) => seq <= ackedSeq)?.[1].toAt ?? bornAt;
    const state: LaneState = { ...NEW_LANE, evicted: before?.evicted ?? 0 };
    for (const [, batch] of waiting) {
      batches.push([[lane, state.nextSeq], { ...batch, again: true }]);
      state.nextSeq += 1;
      state.waitingBytes += sizeOf(batch);
    }
    lanes.set(lane, state);
    const nextSeq = before?.nextSeq ?? 0;
    const count = before ? nextSeq - 1 - ackedSeq - waiting.length : 0;
    if (count > 0) losses.push({ lane, count, ...spanOfHoles(waiting, { ackedSeq, nextSeq, sinceAt, now }) });
  }
  return { batches, lanes, losses };
}

function isWhole(batch: StoredBatch): boolean {
  try {
    return unpackEntries(batch).length === batch.entries;
  } catch {
    return false;
  }
}

/**
 * From the end of what came before the first hole to the beginning of what comes after the last; with
 * nothing before it, from `sinceAt`, the end of what the hub has for certain.
 */
function spanOfHoles(
  waiting: [[Lane, number], StoredBatch][],
  of: { ackedSeq: number; nextSeq: number; sinceAt: number; now: number },
): { fromAt: number; toAt: number } {
  const afterFirst = waiting.findIndex(([[, seq]], index) => seq !== of.ackedSeq + 1 + index);
  const before = afterFirst < 0 ? waiting.at(-1) : waiting[afterFirst - 1];
  const beforeLast = waiting.findLastIndex(([[, seq]], index) => seq !== of.nextSeq - waiting.length + index);
  const toAt = waiting[beforeLast + 1]?.[1].fromAt ?? of.now;
  return { fromAt: Math.min(before?.[1].toAt ?? of.sinceAt, toAt), toAt };
}
