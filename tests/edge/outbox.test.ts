import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../core/clock.ts';
import { decodeBatch, type Entry, type Lane } from '../../core/envelope.ts';
import { idMaker } from '../../core/ids.ts';
import { createHousekeeping } from '../../edge/outbox/housekeeping.ts';
import { createOutbox, type Outbox } from '../../edge/outbox/outbox.ts';
import { createSender, type Sender } from '../../edge/outbox/sender.ts';
import { createSteps, type Steps } from '../../edge/outbox/work.ts';
import { openStore, type Store } from '../../edge/store.ts';

const LIMITS = { sizeMegabyteMax: 8, diskFreeMegabyteMin: 0, keepDays: 7, lingerMs: 0, windowBatches: 4 };
/** Smaller than a configuration may say, so that the test is quick. */
const CAP_MEGABYTE = 1;
const log = pino({ level: 'silent' });
let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'linli-outbox-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** The far end: one mark per lane, what it stored, and acknowledgements that may get lost. */
class FakeHub {
  readonly stored = new Map<string, number>();
  readonly lost = new Map<string, number>();
  #marks = new Map<Lane, number>();

  take(lane: Lane, bytes: Buffer): number {
    const decoded = decodeBatch(bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    const mark = this.#marks.get(lane) ?? 0;
    const { seq } = decoded.batch;
    if (seq <= mark) return mark;
    this.#marks.set(lane, seq);
    for (const entry of decoded.batch.entries as Entry[]) {
      if (entry.type === 'gap') this.lost.set(entry.deviceId, (this.lost.get(entry.deviceId) ?? 0) + entry.count);
      if (entry.type === 'event') this.stored.set(entry.id, (this.stored.get(entry.id) ?? 0) + 1);
    }
    return seq;
  }
}

interface Edge {
  store: Store;
  outbox: Outbox;
  steps: Steps;
  sender: Sender;
  /** What is on the wire. */
  wire: { lane: Lane; bytes: Buffer }[];
}

function openEdge(folder: string, clock: ManualClock): Edge {
  // The store's own retries need a clock that moves.
  const store = openStore({
    folder,
    clock: systemClock,
    newId: idMaker(systemClock),
    onBlocked: () => {},
    onDead: fail,
  });
  const outbox = createOutbox({ store, clock });
  const steps = createSteps(store, outbox);
  const wire: Edge['wire'] = [];
  const sender = createSender({
    outbox,
    clock,
    gatewayId: 'gw-1',
    epoch: store.epoch,
    limits: LIMITS,
    transmit: (lane, bytes) => wire.push({ lane, bytes }),
    readFile: async () => undefined,
  });
  outbox.onSendable = () => sender.pump();
  return { store, outbox, steps, sender, wire };
}

const event = (id: string, deviceId: string): Entry => ({
  type: 'event',
  id,
  deviceId,
  kind: 'smart-bin',
  communityId: 'jinxiu',
  at: 1,
  receivedAt: 1,
  quality: 'good',
  event: 'deposit',
  fields: {},
});

type Action =
  | { type: 'say'; lane: Lane; count: number }
  | { type: 'up' }
  | { type: 'down' }
  /** The hub takes so many batches; of the acknowledgements only the last so many arrive. */
  | { type: 'deliver'; batches: number; acks: number }
  | { type: 'crash' }
  | { type: 'time' };

const lane = fc.constantFrom<Lane>('urgent', 'alarm', 'event', 'telemetry');
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('say' as const), lane, count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'up' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'down' as const }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('deliver' as const), batches: fc.nat(6), acks: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.constant({ type: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'time' as const }) },
);

describe('the outbox', () => {
  it('brings every entry to the hub exactly once, whatever breaks and whenever', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        run += 1;
        const folder = join(base, `run-${run}`);
        const clock = new ManualClock(1_000_000);
        const hub = new FakeHub();
        let edge = openEdge(folder, clock);
        let said = 0;
        for (const one of actions) {
          clock.advanceBy(10);
          switch (one.type) {
            case 'say':
              await edge.steps.run((work) => {
                for (let index = 0; index < one.count; index += 1)
                  work.send(one.lane, event(`e-${said++}`, `d-${index}`), { fromAt: 1, toAt: 1 });
              });
              break;
            case 'up':
              edge.sender.linkUp(clock.now());
              break;
            case 'down':
              edge.wire.length = 0;
              edge.sender.linkDown();
              break;
            case 'deliver':
              await deliver(edge, hub, one.batches, one.acks);
              break;
            case 'crash':
              // What was on the wire is gone, what was committed is not.
              await edge.store.stop();
              edge = openEdge(folder, clock);
              break;
            case 'time':
              clock.advanceBy(30_000);
              edge.sender.check();
              break;
          }
        }
        await edge.store.flushed();
        edge.sender.linkUp(clock.now());
        for (let round = 0; round < 200 && waiting(edge) > 0; round += 1) {
          await deliver(edge, hub, 100, 100);
          await edge.store.flushed();
          edge.sender.pump();
        }
        expect(waiting(edge)).toBe(0);
        expect([...hub.stored.values()].every((count) => count === 1)).toBe(true);
        expect(hub.stored.size).toBe(said);
        await edge.store.stop();
      }),
      { numRuns: 40 },
    );
  }, 240_000);

  it('evicts the oldest telemetry first, and names what is lost to the last reading', async () => {
    const clock = new ManualClock(1_000_000);
    const edge = openEdge(join(base, 'evict'), clock);
    const keeping = createHousekeeping({
      store: edge.store,
      outbox: edge.outbox,
      steps: edge.steps,
      clock,
      log,
      newId: idMaker(systemClock),
      limits: { ...LIMITS, sizeMegabyteMax: CAP_MEGABYTE },
      dataDir: base,
      isUnderWay: edge.sender.isUnderWay,
      deviceOfAlarm: () => 'd-alarm',
      removeFile: () => {},
    });
    let readings = 0;
    await edge.steps.run((work) => work.send('alarm', event('precious', 'd-0'), { fromAt: 1, toAt: 1 }));
    for (let batch = 0; batch < 60; batch += 1) {
      await edge.steps.run((work) => {
        const count = 6_000;
        const noise = Array.from({ length: count }, (_, index) => Math.sin(batch * 7_919 + index * 104_729) * 1e6);
        readings += count;
        const at = noise.map((_, index) => batch * 1_000_000 + index);
        const quality = noise.map(() => 'good' as const);
        const ref = { deviceId: `d-${batch % 3}`, kind: 'smart-bin', communityId: 'jinxiu' };
        work.send(
          'telemetry',
          { type: 'telemetry', ...ref, at, receivedAt: at, quality, values: { fillPercent: noise } },
          { fromAt: at[0] ?? 0, toAt: at.at(-1) ?? 0 },
        );
      });
      await keeping.round();
    }
    const bytes = () =>
      (['alarm', 'telemetry'] as const).reduce((sum, one) => sum + edge.outbox.lane(one).waitingBytes, 0);
    expect(bytes()).toBeLessThanOrEqual(CAP_MEGABYTE * 1_000_000);
    expect(edge.outbox.lane('telemetry').evicted).toBeGreaterThan(0);
    const hub = new FakeHub();
    let arrived = 0;
    edge.sender.linkUp(clock.now());
    for (let round = 0; round < 2_000 && waiting(edge) > 0; round += 1) {
      for (const { bytes: batch } of edge.wire) {
        const decoded = decodeBatch(batch);
        if (!decoded.ok) continue;
        for (const entry of decoded.batch.entries as Entry[])
          if (entry.type === 'telemetry') arrived += entry.at.length;
      }
      await deliver(edge, hub, 100, 100);
      await edge.store.flushed();
      edge.sender.pump();
    }
    const lost = [...hub.lost.values()].reduce((sum, count) => sum + count, 0);
    expect(hub.stored.get('precious')).toBe(1);
    expect(lost).toBe(edge.outbox.lane('telemetry').evicted);
    expect(arrived + lost).toBe(readings);
    await edge.store.stop();
  }, 240_000);
});

/** The hub takes what is on the wire, in order; only the last acknowledgements come back. */
async function deliver(edge: Edge, hub: FakeHub, batches: number, acks: number): Promise<void> {
  await edge.store.flushed();
  const taken = edge.wire.splice(0, batches).map(({ lane: one, bytes }) => ({ lane: one, seq: hub.take(one, bytes) }));
  for (const ack of taken.slice(Math.max(0, taken.length - acks))) {
    await edge.steps.run((work) => {
      const write = edge.outbox.ack(ack.lane, ack.seq);
      if (write) work.write(write);
    });
    edge.sender.acked(ack.lane, ack.seq);
  }
}

function waiting(edge: Edge): number {
  const lanes: Lane[] = ['urgent', 'alarm', 'event', 'telemetry'];
  return lanes.reduce((sum, one) => sum + edge.outbox.lane(one).nextSeq - 1 - edge.outbox.lane(one).ackedSeq, 0);
}

function fail(error: Error): never {
  throw error;
}
