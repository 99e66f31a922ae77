/**
 * Takes batches of gateways. In: the bytes of one batch. Out: stored series, records, evidence, live
 * events, and only then the acknowledgement of its sequence. The order is what makes a repetition
 * harmless: evidence by its hash, series with the batch's mark, records by id together with the
 * lane's mark; a crash between any two steps makes the gateway send the batch again.
 */
import type { Logger } from 'pino';
import type { Evidence } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import { type Ack, decodeBatch, type Entry, type Lane } from '../../core/envelope.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Calm } from '../calm.ts';
import type { Live } from '../live/live.ts';
import type { Metrics } from '../metrics.ts';
import type { EvidenceStore } from '../stores/evidence/evidence.ts';
import type { SeriesStore } from '../stores/series/series.ts';
import { type Checked, checkEntries, type Speaker } from './check.ts';
import type { DeviceStates } from './device-states.ts';
import type { LaneMarks, Mark } from './lane-marks.ts';
import { applyStates, seriesRows } from './readings.ts';
import { type RecordEntries, writeRecords } from './write-records.ts';

export interface Ingest {
  /**
   * Stores a batch and answers what to tell the gateway; undefined for bytes that are no batch of
   * this gateway. Throws when a store fails: the same batch must be taken again before its successors.
   */
  take(speaker: Speaker, lane: Lane, bytes: Buffer): Promise<Ack | undefined>;
  /** Where a lane stands here, for a gateway that has sent up to `mark.seq`: an acknowledgement, or what is missing. */
  standing(mark: Omit<Mark, 'lane'> & { lane: Lane }): Ack;
}

export interface IngestParts {
  alarms: Alarms;
  series: SeriesStore;
  evidence: EvidenceStore;
  states: DeviceStates;
  marks: LaneMarks;
  /** How far the gateway's clock is ahead of the hub's. */
  skewMs(gatewayId: string): number;
  live: Live;
  metrics: Metrics;
  calm: Calm;
  clock: Clock;
  log: Logger;
}

export function createIngest(parts: IngestParts): Ingest {
  const { alarms, series, evidence, states, marks, live, metrics, calm, clock } = parts;
  const log = parts.log.child({ component: 'ingest' });

  return {
    take: (speaker, lane, bytes) => calm.during(take(speaker, lane, bytes)),
    standing(mark) {
      const { epoch, lane } = mark;
      const stored = marks.seq(mark);
      if (stored >= mark.seq) return { epoch, lane, seq: stored };
      metrics.ingestBatches.labels(lane, 'missing').inc();
      log.warn({ ...mark, stored }, 'the last batches of a lane are missing: asked for them again');
      return { epoch, lane, seq: stored, missing: true };
    },
  };

  async function take(speaker: Speaker, lane: Lane, bytes: Buffer): Promise<Ack | undefined> {
    const startedAt = clock.monotonic();
    const decoded = decodeBatch(bytes);
    if (!decoded.ok) return refuse(speaker, lane, decoded.reason);
    const { batch, blob } = decoded;
    if (batch.gatewayId !== speaker.gatewayId || batch.lane !== lane)
      return refuse(speaker, lane, 'the batch names another gateway or lane than its topic');
    const mark = { gatewayId: batch.gatewayId, epoch: batch.epoch, lane, seq: batch.seq };
    const outOfTurn = answerOutOfTurn(mark, lane, batch.after);
    if (outOfTurn) return outOfTurn;
    const checked = checkEntries(speaker, batch.entries);
    metrics.unknownFields.labels('batch').inc(decoded.unknownFields + checked.unknownFields);
    await putEvidence(checked, blob);
    await series.append(mark, seriesRows(speaker, checked.entries), { history: batch.history });
    const skewMs = parts.skewMs(speaker.gatewayId);
    const entries = recordEntries(checked);
    const hasRecords = Object.values(entries).some((list) => list.length > 0);
    if (hasRecords)
      await alarms.transact(async (transaction) => {
        const { rejected } = checked;
        const { history } = batch;
        await writeRecords(transaction, {
          speaker,
          entries,
          history,
          skewMs,
          storedAt: clock.now(),
          rejected,
        });
        await marks.writeIn(transaction.db, mark);
      });
    marks.passed(mark, hasRecords);
    for (const event of applyStates({ speaker, entries: checked.entries, states, skewMs, now: clock.now() }))
      live.publish(event);
    await announceEvidence(checked);
    count(lane, checked, (clock.monotonic() - startedAt) / 1000);
    const { rejected } = checked;
    return { epoch: batch.epoch, lane, seq: batch.seq, ...(rejected.length > 0 ? { rejected } : {}) };
  }

  /** A batch that is here already, or one that comes after a hole, which must not be passed over. */
  function answerOutOfTurn(mark: Mark, lane: Lane, after: number | undefined): Ack | undefined {
    const { epoch } = mark;
    const stored = marks.seq(mark);
    if (mark.seq <= stored) {
      metrics.ingestBatches.labels(lane, 'duplicate').inc();
      return { epoch, lane, seq: stored };
    }
    if (after === undefined || after <= stored) return undefined;
    metrics.ingestBatches.labels(lane, 'missing').inc();
    log.warn({ ...mark, after, stored }, 'batches before this one are missing: asked for them again');
    return { epoch, lane, seq: stored, missing: true };
  }

  function refuse(speaker: Speaker, lane: Lane, reason: string): undefined {
    metrics.ingestBatches.labels(lane, 'refused').inc();
    log.warn({ gatewayId: speaker.gatewayId, lane, reason }, 'refused what is no batch');
    return undefined;
  }

  /** One batch of the evidence lane carries one piece; a piece that is not what it says is rejected, not retried. */
  async function putEvidence(checked: Checked, blob: Buffer | undefined): Promise<void> {
    const pieces = checked.entries.flatMap(({ entry, index }) => {
      const file = fileOf(entry);
      return file ? [{ file, index }] : [];
    });
    for (const { file, index } of pieces) {
      const fault = await keepBlob(file, pieces.length, blob);
      if (fault === undefined) continue;
      checked.rejected.push({ index, reason: fault });
      checked.entries = checked.entries.filter((other) => other.index !== index);
    }
  }

  async function keepBlob(
    piece: { sha256: string; bytes: number },
    pieces: number,
    blob: Buffer | undefined,
  ): Promise<string | undefined> {
    if (!blob || pieces !== 1) return 'a batch of evidence carries one piece with its bytes';
    if (blob.length !== piece.bytes) return `says ${piece.bytes} bytes and has ${blob.length}`;
    return (await evidence.put(piece.sha256, blob)) === 'wrong-hash' ? 'its bytes do not have its sha256' : undefined;
  }

  /** The picture is here now: consoles that show the alarm load it. */
  async function announceEvidence(checked: Checked): Promise<void> {
    for (const { entry } of checked.entries) {
      if (entry.type === 'evidence') await alarms.show(entry.alarmId);
    }
  }

  function count(lane: Lane, checked: Checked, seconds: number): void {
    metrics.ingestBatches.labels(lane, 'stored').inc();
    metrics.ingestSeconds.labels(lane).observe(seconds);
    for (const { entry } of checked.entries) metrics.ingestEntries.labels(entry.type, 'stored').inc();
    if (checked.rejected.length === 0) return;
    metrics.ingestEntries.labels('any', 'rejected').inc(checked.rejected.length);
    log.warn({ lane, rejected: checked.rejected.slice(0, 3), count: checked.rejected.length }, 'rejected entries');
  }
}

/** What an entry says of the bytes that travel with it. */
function fileOf(entry: Entry): Evidence | undefined {
  if (entry.type === 'evidence') return entry.evidence;
  return entry.type === 'camera-picture' ? entry.picture : undefined;
}

function recordEntries(checked: Checked): RecordEntries {
  const sorted: RecordEntries = {
    facts: [],
    events: [],
    gaps: [],
    deadLetters: [],
    evidence: [],
    pictures: [],
    commands: [],
  };
  for (const { index, entry } of checked.entries) {
    if (entry.type === 'fact') sorted.facts.push({ index, entry });
    else if (entry.type === 'event') sorted.events.push({ index, entry });
    else if (entry.type === 'gap') sorted.gaps.push({ index, entry });
    else if (entry.type === 'dead-letter') sorted.deadLetters.push({ index, entry });
    else if (entry.type === 'evidence') sorted.evidence.push({ index, entry });
    else if (entry.type === 'camera-picture') sorted.pictures.push({ index, entry });
    else if (entry.type === 'command-status') sorted.commands.push({ index, entry });
  }
  return sorted;
}
