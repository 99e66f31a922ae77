import { describe, expect, it } from 'vitest';
import { deviceSchema } from '../../core/device.ts';
import { scanDefinitions } from '../../core/scan.ts';
import { decodePayload, loadKinds } from '../../devices/kinds.ts';
import { direct } from '../../simulators/director.ts';
import { type Happening, makeLife } from '../../simulators/life.ts';
import { seededRandom } from '../../simulators/random.ts';
import type { Scenario, Step } from '../../simulators/scenario.ts';
import type { DeviceSimulator } from '../../simulators/simulator.ts';
import { devicesOf, makeWorld } from '../../simulators/world.ts';

const HOUR_MS = 3_600_000;
const kinds = await loadKinds();
const simulators = await scanDefinitions<DeviceSimulator>('simulators/devices');
const scenarios = await scanDefinitions<Scenario>('simulators/scenarios');
const world = makeWorld('7');
const devices = devicesOf(world);
const startAt = Date.UTC(2026, 3, 1, 9);

function live(options: { seed: string; hours: number; steps?: readonly Step[] }): Happening[] {
  const life = makeLife({ devices, simulators, seed: options.seed, startAt });
  if (options.steps) life.play(options.steps, startAt);
  const happenings: Happening[] = [];
  for (let at = startAt; at <= startAt + options.hours * HOUR_MS; at += 1_000) happenings.push(...life.advance(at));
  return happenings;
}

function payloadOf(happening: Happening): { channel: 'telemetry' | 'event'; bytes: Uint8Array } | undefined {
  if (happening.type !== 'telemetry' && happening.type !== 'event') return undefined;
  const body = happening.type === 'telemetry' ? happening.values : { type: happening.event, ...happening.fields };
  return { channel: happening.type, bytes: new TextEncoder().encode(JSON.stringify({ ...body, at: happening.at })) };
}

function expectValid(happenings: readonly Happening[]): void {
  for (const happening of happenings) {
    const payload = payloadOf(happening);
    if (!payload || !('device' in happening)) continue;
    const kind = kinds.get(happening.device.kind);
    if (!kind) throw new Error(`no kind ${happening.device.kind}`);
    expect(decodePayload(kind, payload.channel, payload.bytes)).toMatchObject({ ok: true });
  }
}

describe('the world', () => {
  it('is the same for the same seed and another for another', () => {
    expect(makeWorld('7')).toEqual(world);
    expect(makeWorld('8')).not.toEqual(world);
  });

  it('has three communities of three types, about 300 devices of all kinds, one facade camera each', () => {
    expect(world.communities.map((community) => community.type)).toEqual(['commercial', 'old-estate', 'mixed']);
    expect(devices.length).toBeGreaterThan(260);
    expect(devices.length).toBeLessThan(360);
    expect(new Set(devices.map((device) => device.kind))).toEqual(new Set(kinds.keys()));
    for (const community of world.communities)
      expect(community.devices.filter((device) => device.kind === 'high-throw-camera')).toHaveLength(1);
  });

  it('gives every device a valid record, an id of its own and a place on the plan', () => {
    for (const device of devices) {
      expect(deviceSchema.parse(device)).toEqual(device);
      expect(device.location.x).toEqual(expect.any(Number));
    }
    expect(new Set(devices.map((device) => device.id)).size).toBe(devices.length);
  });

  it('knows 3-502, where a second detector of the zone can confirm a fire', () => {
    const flat = devices.find((device) => device.id === 'jx-smoke-3-2-502');
    expect(flat?.location).toMatchObject({ building: '3', unit: '2', floor: 5, room: '502' });
    const zone = devices.filter(
      (device) => device.communityId === flat?.communityId && device.location.zone === flat?.location.zone,
    );
    expect(zone.filter((device) => device.kind === 'smoke-detector').length).toBeGreaterThan(1);
    expect(zone.some((device) => device.kind === 'gas-detector')).toBe(true);
  });

  it('has people of every role, and no property company in the old estate', () => {
    expect(new Set(world.users.map((user) => user.role))).toEqual(
      new Set(['guard', 'property', 'committee', 'department', 'street']),
    );
    expect(world.users.filter((user) => user.role === 'property').map((user) => user.communityId)).not.toContain(
      'hongqi',
    );
  });
});

describe('a life', () => {
  const evening = live({ seed: 'a', hours: 2 });

  it('says only what the kinds allow', () => {
    expectValid(evening);
  });

  it('is the same for the same seed', () => {
    expect(live({ seed: 'a', hours: 0.1 })).toEqual(evening.slice(0, live({ seed: 'a', hours: 0.1 }).length));
  });

  it('lets every device speak within ten seconds', () => {
    const early = evening.filter((happening) => happening.at <= startAt + 10_000);
    const heard = new Set(early.flatMap((happening) => ('device' in happening ? [happening.device.id] : [])));
    expect(heard.size).toBe(devices.length);
  });

  it('has people passing gates and bags falling into bins', () => {
    const events = new Set(evening.flatMap((happening) => (happening.type === 'event' ? [happening.event] : [])));
    expect(events).toContain('pass');
    expect(events).toContain('deposit');
  });
});

describe('the scenarios', () => {
  it.each([...scenarios])('%s touches devices of the world and says only what their kinds allow', (_name, scenario) => {
    const steps = scenario.steps(world, seededRandom('s'));
    for (const step of steps) {
      if (step.type === 'cut') expect(world.communities.map((one) => one.gateway.id)).toContain(step.gatewayId);
      else expect(devices.map((device) => device.id)).toContain(step.deviceId);
      expect(step.atMs).toBeLessThanOrEqual(scenario.durationMs);
    }
    expectValid(live({ seed: 'b', hours: 0.25, steps: steps.filter((step) => step.atMs < HOUR_MS / 4) }));
  });

  it('kitchen-fire reaches a second detector', () => {
    const steps = scenarios.get('kitchen-fire')?.steps(world, seededRandom('s')) ?? [];
    const burning = steps.flatMap((step) => (step.type === 'event' && step.event === 'alarm' ? [step.deviceId] : []));
    expect(new Set(burning)).toEqual(new Set(['jx-smoke-3-2-502', 'jx-gas-3-2-502', 'jx-smoke-3-2-f5']));
  });

  it('show all four families within the first minute of the demonstration', () => {
    const families = new Set<string>();
    for (const cue of direct(seededRandom('d'), scenarios)) {
      if (cue.atMs > 40_000) break;
      for (const step of scenarios.get(cue.scenario)?.steps(world, seededRandom('d')) ?? []) {
        const device = devices.find((one) => 'deviceId' in step && one.id === step.deviceId);
        const alarms = step.type === 'throw' || (step.type === 'event' && /fire|alarm|forced/.test(step.event));
        if (alarms && device && cue.atMs + step.atMs < 45_000) families.add(kinds.get(device.kind)?.family ?? '');
      }
    }
    expect([...families].sort()).toEqual(['bin', 'fire', 'gate', 'high-throw']);
  });
});
