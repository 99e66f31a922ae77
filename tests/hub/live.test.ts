/** The event stream: in order, resumable, and honest when it cannot resume. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLive, type SentEvent } from '../../hub/live/live.ts';
import { openEvents } from './event-reader.ts';
import { type Person, type RealHub, raised, startRealHub, type TestGateway } from './real-hub.ts';

describe('live changes', () => {
  const texts = (events: SentEvent[]) => events.map((event) => event.data);

  it('come to a reader who returns, those it missed first', () => {
    const live = createLive('boot');
    live.publish({ type: 'alarm', communityId: null, data: 1 });
    const seen = live.lastId;
    live.publish({ type: 'alarm', communityId: null, data: 2 });
    const got: SentEvent[] = [];
    const { resumed } = live.subscribe((event) => got.push(event), seen);
    live.publish({ type: 'alarm', communityId: null, data: 3 });
    expect(resumed).toBe(true);
    expect(texts(got)).toEqual([2, 3]);
  });

  it('with a key are given again only in their newest form', () => {
    const live = createLive('boot');
    const seen = live.lastId;
    for (const data of [1, 2, 3]) live.publish({ type: 'device', communityId: null, key: 'device/a', data });
    live.publish({ type: 'alarm', communityId: null, data: 'alarm' });
    live.publish({ type: 'device', communityId: null, key: 'device/a', data: 4 });
    const got: SentEvent[] = [];
    live.subscribe((event) => got.push(event), seen);
    expect(texts(got)).toEqual(['alarm', 4]);
  });

  it('cannot be resumed after a restart, from the future, or after too many', () => {
    const live = createLive('boot');
    const none = () => undefined;
    expect(live.subscribe(none, 'earlier-5').resumed).toBe(false);
    expect(live.subscribe(none, 'boot-5').resumed).toBe(false);
    expect(live.subscribe(none, 'rubbish').resumed).toBe(false);
    for (let index = 0; index < 50_000; index += 1) live.publish({ type: 'alarm', communityId: null, data: index });
    expect(live.subscribe(none, 'boot-1').resumed).toBe(false);
    expect(live.subscribe(none, 'boot-49000').resumed).toBe(true);
  });
});

describe('the event stream', () => {
  let real: RealHub;
  let gateway: TestGateway;
  let guard: Person;
  beforeAll(async () => {
    real = await startRealHub();
    gateway = await real.gateway('gw-a', 'garden');
    guard = await real.person('guard', ['garden']);
  }, 120_000);
  afterAll(() => real?.stop());

  it('shows an alarm, and after a break exactly what was missed', async () => {
    const first = await openEvents(real.url, guard);
    await gateway.send('urgent', [raised(gateway, 'one')]);
    const seen = await first.wait('alarm', (alarm) => alarm.id === 'one');
    expect(seen.data).toMatchObject({ state: 'unacked', severity: 'critical', title: { zh: '烟雾报警' } });
    first.close();
    await gateway.send('urgent', [raised(gateway, 'two')]);
    await gateway.send('urgent', [raised(gateway, 'three')]);
    const second = await openEvents(real.url, guard, seen.id);
    await second.wait('alarm', (alarm) => alarm.id === 'three');
    const ids = new Set(second.events.filter(({ event }) => event === 'alarm').map(({ data }) => data.id));
    expect(ids.has('two')).toBe(true);
    expect(second.events.some(({ event }) => event === 'reset')).toBe(false);
    second.close();
  });

  it('tells a reader from before a restart to start over', async () => {
    const reader = await openEvents(real.url, guard, 'another-run-7');
    await reader.wait('reset');
    await gateway.send('urgent', [raised(gateway, 'four')]);
    await reader.wait('alarm', (alarm) => alarm.id === 'four');
    reader.close();
  });

  it('is not opened without a session', async () => {
    expect((await openEvents(real.url, real.anybody)).status).toBe(401);
  });

  it('shows an acknowledgement of one person to the other', async () => {
    const reader = await openEvents(real.url, real.admin);
    await guard.post('/api/alarms/one/ack');
    const shown = await reader.wait('alarm', (alarm) => alarm.id === 'one' && alarm.acknowledged);
    expect(shown.data.ackedBy).toContain('guard');
    reader.close();
  });
});
