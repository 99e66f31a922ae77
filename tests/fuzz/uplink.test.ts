/**
 * Mutants of what a gateway says to the hub: whole batches, single entries, heartbeats, bytes that are
 * no batch. A batch that can be read is acknowledged, its bad entries named; none makes the hub try again
 * for ever, which is how one gateway would stop its own lane.
 */
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alarmFactSchema } from '../../core/alarm.ts';
import { batchSchema, decodeBatch, entrySchema, heartbeatSchema, LANES, uplinkTopics } from '../../core/envelope.ts';
import type { Random } from '../../simulators/random.ts';
import type { RealHub, TestGateway } from '../hub/real-hub.ts';
import { drawValue, type JsonSchema } from './from-schema.ts';
import { RECORDS, startHubOn } from './hubs.ts';
import { drawMutant, noiseOf } from './mutants.ts';
import { FUZZ_TIMEOUT_MS, fuzz, shown } from './run.ts';

const ENTRIES = schemaOf(entrySchema).oneOf ?? schemaOf(entrySchema).anyOf ?? [];
const FACTS = schemaOf(alarmFactSchema);
const HEAD = schemaOf(batchSchema);
const HEARTBEAT = schemaOf(heartbeatSchema);

let real: RealHub;
let gateway: TestGateway;
async function setUp(records: string): Promise<void> {
  real = await startHubOn(records);
  gateway = await real.gateway('gw-a', 'garden');
}

function schemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { unrepresentable: 'any' }) as JsonSchema;
}

/** A batch as bytes, whatever its JSON is. */
function framed(json: Buffer, blob: Buffer): Buffer {
  const packed = zstdCompressSync(json);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(packed.length);
  return Buffer.concat([length, packed, blob]);
}

/** Entries of this gateway and community most of the time, so that they come as far as the stores. */
function drawEntry(random: Random): unknown {
  const drawn = drawValue(random.pick(ENTRIES), random) as Record<string, unknown>;
  const fact = drawn.type === 'fact' ? (drawValue(FACTS, random) as { body: object }) : undefined;
  if (random.chance(0.1)) return drawn;
  const ours = { communityId: 'garden', gatewayId: 'gw-a' };
  if (fact)
    return {
      type: 'fact',
      fact: {
        ...fact,
        origin: { type: 'gateway', id: 'gw-a' },
        body: { ...fact.body, ...('rule' in fact.body ? ours : {}) },
      },
    };
  if ('communityId' in drawn) drawn.communityId = 'garden';
  if (drawn.type === 'telemetry') {
    const { at } = drawn as { at: number[] };
    const filled = (column: unknown[]) => at.map((_one, index) => column[index] ?? column[0] ?? null);
    drawn.receivedAt = at;
    drawn.quality = at.map(() => 'late');
    drawn.values = Object.fromEntries(
      Object.entries(drawn.values as Record<string, unknown[]>).map(([field, column]) => [field, filled(column)]),
    );
  }
  return drawn;
}

describe.for(RECORDS)('a hub on $name', ({ name, isThere }) => {
  beforeAll(() => (isThere ? setUp(name) : undefined), 120_000);
  afterAll(() => (isThere ? real?.stop() : undefined));

  it.skipIf(!isThere)(
    'the hub answers every batch that is one, and never gets stuck',
    { timeout: FUZZ_TIMEOUT_MS },
    async () => {
      const seqs = new Map<string, number>();
      const send = (channel: string, bytes: Buffer) =>
        gateway.client.publishAsync(uplinkTopics.up('gw-a', channel as 'telemetry'), bytes, { qos: 1 });
      let stored = 0;
      let rejected = 0;
      await fuzz(async (random) => {
        const kind = random.pick(['entries', 'entries', 'entries', 'entries', 'head', 'heartbeat', 'ack', 'bytes']);
        const lane = random.pick(LANES);
        if (kind === 'heartbeat')
          return void (await send('heartbeat', drawMutant(drawValue(HEARTBEAT, random), random)));
        if (kind === 'ack') return void (await send('ack', drawMutant({ seq: 1 }, random)));
        if (kind === 'bytes') return void (await send(lane, noiseOf(random, 300)));
        if (kind === 'head') {
          const head = { ...(drawValue(HEAD, random) as object), gatewayId: 'gw-a', lane, epoch: 'e2' };
          return void (await send(lane, framed(drawMutant(head, random), Buffer.alloc(0))));
        }
        const seq = (seqs.get(lane) ?? 0) + 1;
        const entries = Array.from({ length: 1 + Math.floor(random.between(0, 4)) }, () =>
          drawMutant(drawEntry(random), random).toString('utf8'),
        ).filter(isJson);
        const head = { gatewayId: 'gw-a', epoch: 'e1', lane, seq, sentAt: Date.now(), history: random.chance(0.3) };
        const json = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"entries":[${entries.join(',')}]}`);
        const bytes = framed(json, random.chance(0.3) ? noiseOf(random, 100) : Buffer.alloc(0));
        if (!decodeBatch(bytes).ok) return void (await send(lane, bytes));
        seqs.set(lane, seq);
        const before = gateway.acks.length;
        await send(lane, bytes);
        const answer = () =>
          gateway.acks.slice(before).find((ack) => ack.epoch === 'e1' && ack.lane === lane && ack.seq >= seq);
        await expect.poll(answer, { timeout: 10_000, interval: 2, message: shown(json) }).toBeDefined();
        for (const { index, reason } of answer()?.rejected ?? []) {
          rejected += 1;
          expect(entries[index], shown(json)).toBeDefined();
          expect(reason, shown(json)).not.toBe('');
        }
        stored += 1;
        gateway.acks.length = 0;
      });
      expect(Math.min(stored, rejected)).toBeGreaterThan(0);
      const metrics = await (await fetch(`${real.url}/metrics`)).text();
      expect(metrics).not.toMatch(/linli_hub_ingest_batches_total\{[^}]*outcome="retried"/);
      for (const lane of LANES) await gateway.send(lane, [], { epoch: 'e3' });
      expect((await real.admin.get('/api/gateways')).status).toBe(200);
    },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
