/**
 * The start after damage: how far the gateway had come when its store no longer says it, which parts
 * of the journal are missing, and what of all that is to be told: to the hub as gaps, to people as
 * lines. Nothing here happens at a start on whole files.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import { fileOfPlace, readPlaces, type SegmentPlace } from './journal.ts';
import { restoreKnown } from './known-copy.ts';
import type { Work } from './outbox/work.ts';
import { readSegment } from './segment.ts';
import type { Store } from './store.ts';
import { asidePlace, type Loss, type Repair } from './store-repair.ts';

/** What arrived so long before the end was evaluated: the pipeline is never so far behind while it runs. */
const EVALUATED_AFTER_MS = 10 * 60_000;

export interface Recovery {
  /** One line for each thing that was found damaged, for people. */
  problems: string[];
  journalId: string;
  /** The account for the hub: what of this gateway was lost, of which span. */
  tell(work: Work, by: { gatewayId: string; newId: NewId }): void;
}

export async function recover(found: {
  folder: string;
  store: Store;
  places: readonly SegmentPlace[];
  repair: Repair | undefined;
  clock: Clock;
  log: Logger;
}): Promise<Recovery> {
  const { folder, store, places, repair, clock, log } = found;
  const journalFolder = join(folder, 'journal');
  const losses = [...(repair?.losses ?? [])];
  const problems: string[] = [];
  if (repair) {
    await restoreKnown(folder, store);
    if (repair.progressLost) await setProgress(store, lastEvaluated(journalFolder, places));
    problems.push(repairLine(repair));
  }
  for (const hole of holesOf(places, store.progress().evaluated)) {
    const kept = keepAside(folder, journalFolder, hole.beside, clock.now());
    const span = spanBeside(journalFolder, places, hole.from, clock.now());
    losses.push({ lane: 'telemetry', count: hole.count, ...span });
    log.error({ ...hole, ...span, kept }, 'a part of the journal is damaged and was not evaluated yet: it is lost');
    problems.push(`journal: ${hole.count} damaged segments were passed by, the damaged file is kept as ${kept}`);
  }
  return {
    problems,
    journalId: journalIdOf(journalFolder, store.epoch),
    tell(work, { gatewayId, newId }) {
      for (const loss of losses) work.send('alarm', gapOf(loss, gatewayId, newId()), loss);
    },
  };
}

/** Which devices lost something is not known: the gap names the gateway, and counts batches. */
function gapOf({ lane, count, fromAt, toAt }: Loss, gatewayId: string, id: string) {
  return { type: 'gap' as const, id, lane, deviceId: gatewayId, fromAt, toAt, count, reason: 'corrupt' as const };
}

function repairLine({ reason, saved, losses, keptAs, progressLost }: Repair): string {
  const lost = losses.reduce((sum, loss) => sum + loss.count, 0);
  const what = `${saved.facts ?? 0} alarm facts and ${saved.outbox ?? 0} waiting batches saved, ${lost} batches lost`;
  const rest = progressLost ? ', the last minutes evaluated again from the journal' : '';
  return `store: it was damaged (${reason}); ${what}${rest}; the damaged file is kept as ${keptAs}`;
}

async function setProgress(store: Store, number: number): Promise<void> {
  await store.commit(() => store.put('progress', { evaluated: number, packed: number }));
}

/** The last segment that was surely evaluated before the end, by the times in the journal itself. */
function lastEvaluated(folder: string, places: readonly SegmentPlace[]): number {
  const newest = places.at(-1);
  if (!newest) return 0;
  const endedAt = receivedAt(folder, newest);
  for (let index = places.length - 1; index >= 0; index -= 1) {
    const place = places[index];
    if (place && receivedAt(folder, place) < endedAt - EVALUATED_AFTER_MS) return place.number;
  }
  return (places[0]?.number ?? 1) - 1;
}

function receivedAt(folder: string, place: SegmentPlace): number {
  for (const bytes of readPlaces(folder, [place])) for (const record of readSegment(bytes)) return record.receivedAt;
  return 0;
}

interface Hole {
  /** The last number before it. */
  from: number;
  count: number;
  /** What lies next to it. */
  beside: SegmentPlace;
}

function holesOf(places: readonly SegmentPlace[], evaluated: number): Hole[] {
  const holes: Hole[] = [];
  let last = evaluated;
  for (const place of places) {
    if (place.number <= evaluated) continue;
    if (place.number > last + 1 && last > 0) holes.push({ from: last, count: place.number - last - 1, beside: place });
    last = place.number;
  }
  return holes;
}

function spanBeside(folder: string, places: readonly SegmentPlace[], from: number, now: number) {
  const before = places.findLast((place) => place.number <= from);
  const after = places.find((place) => place.number > from);
  const toAt = after ? receivedAt(folder, after) : now;
  return { fromAt: before ? Math.min(receivedAt(folder, before), toAt) : toAt, toAt };
}

function keepAside(folder: string, journalFolder: string, place: SegmentPlace, now: number): string {
  const file = fileOfPlace(journalFolder, place);
  const kept = asidePlace(folder, `journal-${now}-${basename(file)}`);
  copyFileSync(file, kept);
  return kept;
}

/** A file beside the segments, so that it outlives the store. */
function journalIdOf(folder: string, fresh: string): string {
  const path = join(folder, 'id');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    writeFileSync(path, `${fresh}\n`, { flush: true });
    return fresh;
  }
}
