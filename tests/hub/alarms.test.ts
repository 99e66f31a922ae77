/** Alarms at the hub over time: ends of shelves exact and once, also over a restart; the list stays fast. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AlarmFact, expiryOf } from '../../core/alarm.ts';
import { storeFacts } from '../../hub/alarms/projection.ts';
import { type HubWorld, MINUTE, startHubWorld } from './work/hub-world.ts';

let world: HubWorld;
beforeAll(async () => {
  world = await startHubWorld();
}, 60_000);
afterAll(() => world?.stop());

function fact(alarmId: string, change: Partial<Record<string, unknown>> = {}, at = world.clock.now()): AlarmFact {
  return {
    id: `raise-${alarmId}`,
    alarmId,
    at,
    origin: { type: 'gateway', id: 'gw-a' },
    author: { type: 'rule', id: 'full' },
    body: {
      type: 'raised',
      activation: 1,
      step: 0,
      communityId: 'garden',
      gatewayId: 'gw-a',
      deviceId: 'bin-1',
      kind: 'smart-bin',
      rule: 'full',
      severity: 'notice',
      title: { zh: '满溢', en: 'Full' },
      location: { spot: '北门' },
      lifeSafety: false,
      latch: false,
      ...change,
    },
  } as AlarmFact;
}
const history = async (id: string) => (await world.as('guard').get(`/api/alarms/${id}`)).body.history;

describe('a shelf', () => {
  it('ends at its time, not before, and the alarm asks for attention again', async () => {
    await world.say([fact('shelf')]);
    const untilAt = world.clock.now() + 30 * MINUTE;
    const shelved = await world.as('guard').post('/api/alarms/shelf/shelve', { untilAt, reason: '等清运车' });
    expect(shelved.body).toMatchObject({ state: 'shelved', shelvedUntilAt: untilAt });
    await world.advance(29 * MINUTE);
    expect((await world.as('guard').get('/api/alarms/shelf')).body.state).toBe('shelved');
    await world.advance(MINUTE);
    await expect
      .poll(async () => (await world.as('guard').get('/api/alarms/shelf')).body.state, { timeout: 5_000 })
      .toBe('unacked');
    const ended = (await history('shelf')).filter((line: { what: string }) => line.what === 'unshelved');
    expect(ended).toMatchObject([{ at: untilAt, who: { type: 'system' } }]);
  });

  it('that ended while the hub was down ends at its own time, and once, though the gateway says so too', async () => {
    await world.say([fact('down')]);
    const untilAt = world.clock.now() + 10 * MINUTE;
    await world.as('guard').post('/api/alarms/down/shelve', { untilAt, reason: '夜间' });
    const set = (await world.hub.services.alarms.facts('down')).find(({ body }) => body.type === 'shelved');
    const expiry = set && expiryOf(set);
    await world.restart(60 * MINUTE);
    const isOver = async () => (await world.as('guard').get('/api/alarms/down')).body.state;
    await expect.poll(isOver, { timeout: 5_000 }).toBe('unacked');
    expect(expiry?.at).toBe(untilAt);
    await world.say([
      {
        ...expiry,
        alarmId: 'down',
        origin: { type: 'gateway', id: 'gw-a' },
        author: { type: 'system', id: 'timer' },
      } as AlarmFact,
    ]);
    const ended = (await history('down')).filter((line: { what: string }) => line.what === 'unshelved');
    expect(ended).toHaveLength(1);
    expect(ended[0].at).toBe(untilAt);
  });
});

describe('the list of 10,000 alarms', () => {
  it('gives any page whole (the times are printed, not judged: the machine is shared)', {
    timeout: 120_000,
  }, async () => {
    const start = world.clock.now() - 10_000 * 1_000;
    const facts = Array.from({ length: 10_000 }, (_, index) => fact(`many-${index}`, {}, start + index * 1_000));
    // Straight into the store: this is about the list, not about what follows from an alarm.
    await world.hub.services.records.db.transaction().execute((db) => storeFacts(db, facts, start));
    const timed = async (url: string) => {
      const began = performance.now();
      const answer = await world.as('guard').get(url);
      return { ms: performance.now() - began, body: answer.body };
    };
    await timed('/api/alarms?limit=100');
    const first = await timed('/api/alarms?limit=100');
    const filtered = await timed('/api/alarms?limit=100&state=unacked&severity=notice&communityId=garden');
    let cursor = first.body.nextCursor;
    let last = first;
    for (let page = 0; page < 90; page += 1) {
      last = await timed(`/api/alarms?limit=100&cursor=${cursor}`);
      cursor = last.body.nextCursor;
    }
    const shown = (ms: number) => `${ms.toFixed(1)} ms`;
    process.stdout.write(
      `list of 10,000 alarms, page of 100: first ${shown(first.ms)}, filtered ${shown(filtered.ms)}, 91st ${shown(last.ms)}\n`,
    );
    expect(last.body.items).toHaveLength(100);
    expect(filtered.body.items).toHaveLength(100);
  });
});
