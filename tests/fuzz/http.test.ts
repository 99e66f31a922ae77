/** Mutants of every body at every route of the hub: an answer each, never a 500, and what is wrong is named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealHub, raised, type TestGateway } from '../hub/real-hub.ts';
import { drawValue, type JsonSchema } from './from-schema.ts';
import { RECORDS, startHubOn } from './hubs.ts';
import { drawMutant, noiseOf } from './mutants.ts';
import { FUZZ_TIMEOUT_MS, fuzz, shown } from './run.ts';

interface Operation {
  method: string;
  path: string;
  body: JsonSchema | undefined;
  query: Record<string, JsonSchema>;
}

interface OpenApi {
  paths: Record<
    string,
    Record<
      string,
      {
        requestBody?: { content: Record<string, { schema: JsonSchema }> };
        parameters?: { in: string; name: string; schema: JsonSchema }[];
      }
    >
  >;
}

let real: RealHub;
let gateway: TestGateway;
let operations: Operation[] = [];
/** Their own logic takes the session that this test walks with, or never ends. */
const NOT_WALKED = ['DELETE /api/session', 'POST /api/session/password', 'GET /api/live'];
/** Routes whose bodies are no JSON by their schema, or are checked by their own code. */
const ANY_BODY = ['/api/policies/{id}', '/api/public/reports', '/api/tickets/{id}/photos'];

async function setUp(records: string): Promise<void> {
  real = await startHubOn(records);
  gateway = await real.gateway('gw-a', 'garden');
  const device = { id: 'smoke-1', kind: 'smoke-detector', communityId: 'garden', location: { room: '502' } };
  await real.admin.post('/api/devices', device);
  await gateway.send('urgent', [raised(gateway, 'a-1')]);
  operations = [];
  ticket = undefined;
  const { paths } = (await real.anybody.get('/openapi.json')).body as OpenApi;
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { requestBody, parameters = [] }] of Object.entries(methods)) {
      const body = requestBody?.content['application/json']?.schema ?? (ANY_BODY.includes(path) ? {} : undefined);
      const query = Object.fromEntries(
        parameters.filter((one) => one.in === 'query').map((one) => [one.name, one.schema]),
      );
      const name = `${method.toUpperCase()} ${path}`;
      if (path.startsWith('/api/') && !NOT_WALKED.includes(name) && (body || Object.keys(query).length > 0))
        operations.push({ method: method.toUpperCase(), path, body, query });
    }
}

/** What exists, so that a body is looked at and not only the address. */
async function addressOf(path: string): Promise<string> {
  const ids: Record<string, string> = {
    alarms: 'a-1',
    devices: 'smoke-1',
    gateways: 'gw-a',
    policies: 'escalation',
    users: 'nobody',
    tickets: await ticketId(),
  };
  return path.replace(/^(\/api\/)([a-z-]+)\/\{\w+\}/, (_all, root, list) => `${root}${list}/${ids[list] ?? 'none'}`);
}

let ticket: string | undefined;
async function ticketId(): Promise<string> {
  ticket ??= (await real.admin.get('/api/tickets?limit=1')).body.items[0]?.id as string | undefined;
  return ticket ?? 'none';
}

describe.for(RECORDS)('a hub on $name', ({ name, isThere }) => {
  beforeAll(() => (isThere ? setUp(name) : undefined), 120_000);
  afterAll(() => (isThere ? real?.stop() : undefined));

  it.skipIf(!isThere)(
    'every route answers a mutant of its body with what is wrong, and the hub stands',
    {
      timeout: FUZZ_TIMEOUT_MS,
    },
    async () => {
      expect(operations.filter(({ body }) => body).length).toBeGreaterThan(35);
      const seen = new Map<number, number>();
      await fuzz(async (random) => {
        const operation = random.pick(operations);
        const bytes = operation.body ? drawMutant(drawValue(operation.body, random), random) : Buffer.alloc(0);
        const query = drawValue({ type: 'object', properties: operation.query }, random);
        const search = new URLSearchParams(
          Object.entries(query as Record<string, unknown>).map(([key, value]): [string, string] => [
            key,
            String(value),
          ]),
        );
        if (random.chance(0.3))
          search.set(random.pick([...Object.keys(operation.query), 'extra']), noiseOf(random, 40).toString('latin1'));
        const known = await addressOf(operation.path);
        const noise = encodeURIComponent(noiseOf(random, 40).toString('latin1'));
        const url = `${random.chance(0.1) ? operation.path.replace(/\{\w+\}/, noise) : known}?${search}`;
        const answer = await real.hub.app.inject({
          method: operation.method as 'POST',
          url,
          headers: { cookie: real.admin.cookie, ...(operation.body ? { 'content-type': 'application/json' } : {}) },
          ...(operation.body ? { payload: bytes } : {}),
        });
        const told = `${operation.method} ${url} → ${answer.statusCode} ${answer.body.slice(0, 300)}\n${shown(bytes)}`;
        expect(answer.statusCode, told).toBeLessThan(500);
        seen.set(answer.statusCode, (seen.get(answer.statusCode) ?? 0) + 1);
        if (answer.statusCode !== 422) return;
        const { error } = answer.json() as {
          error: { message: string; details?: { path: string; message: string }[] };
        };
        expect(error.message, told).not.toBe('');
        for (const { path, message } of error.details ?? []) {
          expect(path, told).toMatch(/^(\/.*)?$/s);
          expect(message, told).not.toBe('');
        }
      });
      for (const status of [200, 400, 422]) expect([...seen.keys()]).toContain(status);
      expect((await real.anybody.get('/readyz')).status).toBe(200);
    },
  );

  it.skipIf(!isThere)('a fault in one field is named by its path', async () => {
    const good = { id: 'bin-9', kind: 'smart-bin', communityId: 'garden', location: { floor: 3 } };
    const faults: [object, string, RegExp][] = [
      [{ ...good, id: 7 }, '/id', /./],
      [{ ...good, location: { floor: 'three' } }, '/location/floor', /./],
      [{ ...good, location: { floor: 1e300 } }, '/location/floor', /./],
      [{ ...good, kind: undefined }, '/kind', /./],
      [{ ...good, extra: 1 }, '', /extra/],
    ];
    for (const [body, path, message] of faults) {
      const answer = await real.admin.post('/api/devices', body);
      expect(answer.status, JSON.stringify(body)).toBe(422);
      const named = (answer.body.error.details as { path: string; message: string }[]).find(
        (one) => one.path === path || one.path === `${path}/`,
      );
      expect(named?.message, JSON.stringify(answer.body)).toMatch(message);
    }
  });
});
