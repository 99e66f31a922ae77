/**
 * The way of one message, in two functions: `receive` in the listener's thread, up to the PUBACK,
 * and `pass` in the main thread, from the journal to the outbox. Between them lies the journal: a
 * crash in either half loses nothing, since `pass` goes on from the last evaluated segment, and all
 * that it does for a group of segments is one transaction.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import type { DeviceKind } from '../core/device.ts';
import type { Observation } from '../core/reading.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { AlarmEngine, LocalCommand } from './alarms/engine.ts';
import { count, type ListenerCounts } from './counters.ts';
import type { DeviceStates } from './device-states.ts';
import type { Answer } from './inputs/device-stream.ts';
import type { Repeats } from './inputs/repeats.ts';
import type { JournalWriter } from './journal.ts';
import { Packer } from './outbox/packer.ts';
import type { Steps, Work } from './outbox/work.ts';
import { type JournalRecord, readSegment } from './segment.ts';
import { alarm } from './stages/alarm.ts';
import { decodeMessage, type Message, toObservation } from './stages/decode.ts';
import { keep } from './stages/keep.ts';
import { relayEvent, relayLiveness, relayTelemetry } from './stages/relay.ts';
import type { Store } from './store.ts';

/** receive → decode → keep. `answer` is the PUBACK. */
export function receive(
  message: Message,
  tools: {
    kinds: ReadonlyMap<string, DeviceKind>;
    journal: JournalWriter;
    counts: ListenerCounts;
    repeats: Repeats;
  },
  answer: Answer,
): void {
  const decoded = decodeMessage(message, tools.kinds);
  if (decoded.ok) tools.counts.kept += 1;
  else count(tools.counts.refused, decoded.reason);
  keep(decoded.record, tools.journal, tools.repeats, decoded.ok ? answer : () => answer('payload'));
}

/** evaluate → alarm (and mute) → relay, for one record of the journal. */
function pass(record: JournalRecord, id: string, tools: PipelineOptions & { packer: Packer }, work: Work): void {
  tools.devices.heard(record.deviceId, record.receivedAt);
  switch (record.channel) {
    case 'telemetry':
    case 'event': {
      const observation = toObservation(record, tools.communityId);
      tools.devices.observe(observation);
      alarm(tools.engine.observe(observation), tools, work);
      if (observation.channel === 'telemetry') tools.packer.add(observation);
      else relayEvent(observation, id, work);
      return;
    }
    case 'status':
      return;
    case 'reply':
      tools.onReply(record, work);
      return;
    case 'refused':
      tools.onRefused(record, id, work);
      return;
  }
}

export interface PipelineOptions {
  clock: Clock;
  log: Logger;
  communityId: string;
  /** Made with the journal; ids of what passes begin with it, also when the store is made anew. */
  journalId: string;
  store: Store;
  steps: Steps;
  engine: AlarmEngine;
  devices: DeviceStates;
  book: AlarmBook;
  /** How long telemetry is gathered; may change at any time. */
  outbox: { lingerMs: number };
  /** The first segment of the journal after this one. */
  segmentAfter(number: number): { number: number; bytes: Buffer } | undefined;
  trim(segment: number): void;
  /** Whether the hub takes batches at the moment. */
  isLinked(): boolean;
  onReply(record: JournalRecord, work: Work): void;
  /** `id` is the same when a crash makes the record pass again. */
  onRefused(record: JournalRecord, id: string, work: Work): void;
  onCommands(commands: LocalCommand[], work: Work): void;
}

export interface PipelineStats {
  /** Segments that wait to be evaluated. */
  behind: number;
  evaluated: number;
  failed: number;
}

export interface Pipeline {
  /** Evaluates what a crash left in the journal, then brings the engine to the present. */
  recover(head: number): Promise<void>;
  start(): void;
  /** The journal has grown up to this segment. */
  wake(head: number): void;
  /** Evaluates and packs all that is in the journal. */
  stop(): Promise<void>;
  readonly stats: PipelineStats;
}

/** One step evaluates at most so many records, so that alarms and acknowledgements in between are not held up. */
const GROUP_RECORDS_MAX = 2_000;
/** Telemetry goes out earlier than `outbox.lingerMs` when so many messages are gathered. */
const PACK_MESSAGES_MAX = 4_000;
const LIVENESS_EVERY_MS = 1_000;
/** A pack that was not due for so long: the states of devices are saved all the same. */
const SAVE_EVERY_MS = 5_000;

export function createPipeline(options: PipelineOptions): Pipeline {
  const { clock, log, store, steps, engine, devices } = options;
  const packer = new Packer();
  const tools = { ...options, packer };
  const progress = store.progress();
  let head = progress.evaluated;
  let running: Promise<void> | undefined;
  let started = false;
  let packTimer: Timer | undefined;
  let dueTimer: Timer | undefined;
  const timers: Timer[] = [];
  const stats: PipelineStats = { behind: 0, evaluated: 0, failed: 0 };

  function evaluateGroup(work: Work): void {
    let records = 0;
    while (progress.evaluated < head && records < GROUP_RECORDS_MAX) {
      const next = options.segmentAfter(progress.evaluated);
      if (next?.number !== progress.evaluated + 1)
        log.error({ after: progress.evaluated, next: next?.number }, 'segments of the journal are missing');
      if (next) records += passSegment(next.bytes, next.number, work);
      progress.evaluated = next?.number ?? head;
    }
    stats.evaluated += records;
    stats.behind = head - progress.evaluated;
    if (packer.count >= PACK_MESSAGES_MAX) pack(work);
    else saveProgress(work);
  }

  function passSegment(bytes: Buffer, number: number, work: Work): number {
    let index = 0;
    for (const record of readSegment(bytes)) {
      try {
        pass(record, `${options.journalId}-${number.toString(36)}-${index}`, tools, work);
      } catch (error) {
        // One poisonous record must not stop the community: it is named, counted, and passed by.
        stats.failed += 1;
        log.error({ err: error, deviceId: record.deviceId, segment: number }, 'a record could not be evaluated');
      }
      index += 1;
    }
    return index;
  }

  /** Telemetry gathered so far becomes entries of the outbox; the journal behind it is needed no more. */
  function pack(work: Work): void {
    packTimer?.cancel();
    packTimer = undefined;
    relayTelemetry(packer.take(), options.isLinked(), work);
    devices.save(work);
    progress.packed = progress.evaluated;
    saveProgress(work);
    const upTo = progress.packed;
    work.after(() => void store.flushed().then(() => options.trim(upTo)));
  }

  function saveProgress(work: Work): void {
    const snapshot = { ...progress };
    work.write(() => store.put('progress', snapshot));
  }

  async function run(): Promise<void> {
    while (progress.evaluated < head) await steps.run(evaluateGroup);
    if (started && packer.count > 0 && !packTimer)
      packTimer = clock.after(options.outbox.lingerMs, () => void steps.run(pack));
    armTimer();
  }

  function go(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  /** Timers of rules run when everything that arrived before them is evaluated. */
  function tick(): Promise<void> {
    return steps.run((work) => {
      if (progress.evaluated < head) return;
      alarm(engine.tick(clock.now()), tools, work);
    });
  }

  function armTimer(): void {
    dueTimer?.cancel();
    dueTimer = undefined;
    const dueAt = started ? engine.nextDueAt() : undefined;
    if (dueAt === undefined) return;
    dueTimer = clock.after(Math.max(0, dueAt - clock.now()), () => void tick().then(armTimer));
  }

  function watchLiveness(): void {
    if (progress.evaluated < head) return;
    void steps
      .run((work) => {
        const now = clock.now();
        for (const change of devices.changes(now)) {
          relayLiveness(change, now, work);
          alarm(engine.liveness(change.device.id, change.liveness, now), tools, work);
        }
      })
      .then(armTimer);
  }

  return {
    stats,
    async recover(present) {
      for (let number = progress.packed; number < progress.evaluated; ) {
        const next = options.segmentAfter(number);
        if (!next || next.number > progress.evaluated) break;
        number = next.number;
        for (const record of readSegment(next.bytes))
          if (record.channel === 'telemetry') packer.add(toTelemetry(record, options.communityId, devices));
      }
      head = Math.max(head, present);
      await go();
      await tick();
    },
    start() {
      started = true;
      timers.push(clock.every(LIVENESS_EVERY_MS, watchLiveness));
      timers.push(clock.every(SAVE_EVERY_MS, () => void steps.run((work) => devices.save(work))));
      void go();
    },
    wake(present) {
      head = Math.max(head, present);
      void go();
    },
    async stop() {
      started = false;
      for (const timer of [...timers, packTimer, dueTimer]) timer?.cancel();
      await go();
      await steps.run(pack);
      await steps.idle();
    },
  };
}

/** Telemetry that was evaluated before a crash, but not packed: gathered again, not evaluated again. */
function toTelemetry(record: JournalRecord, communityId: string, devices: DeviceStates) {
  const observation = toObservation(record, communityId);
  devices.observe(observation);
  return observation as Extract<Observation, { channel: 'telemetry' }>;
}
