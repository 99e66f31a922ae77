/**
 * A small world for the fake hub: one estate with buildings, devices and alarms as facts, folded by
 * core's own fold, so that the screens show what the real hub would show.
 */
import { type Alarm, type AlarmFact, type FactBody, foldAlarm } from '../../core/alarm.ts';
import type { Location } from '../../core/device.ts';
import type { Severity } from '../../core/rule.ts';

export interface FakeDevice {
  id: string;
  kind: string;
  communityId: string;
  gatewayId: string;
  name: string;
  location: Location;
  liveness: 'online' | 'unavailable' | 'unknown';
  lastSeenAt: number | null;
  latest: Record<string, { value: number | boolean | string; at: number; quality: 'good' | 'late' | 'clamped' }>;
}

export const COMMUNITIES = [
  { id: 'jinxiu', name: '锦绣花园', type: 'commercial' },
  { id: 'laochang', name: '老厂宿舍', type: 'old-estate' },
  { id: 'xinghe', name: '星河里', type: 'mixed' },
];

export function makeDevices(now: number): FakeDevice[] {
  const devices: FakeDevice[] = [];
  for (const [index, { id: communityId }] of COMMUNITIES.entries())
    for (let building = 1; building <= 6; building += 1) {
      const x = 40 + ((building - 1) % 3) * 70;
      const y = 40 + Math.floor((building - 1) / 3) * 60;
      for (const unit of ['1', '2'])
        for (let floor = 1; floor <= 9; floor += 2) {
          const room = `${floor}0${unit === '1' ? 1 : 2}`;
          devices.push(
            device({
              id: `smoke-${communityId}-${building}-${unit}-${room}`,
              kind: 'smoke-detector',
              communityId,
              location: { building: String(building), unit, floor, room, x: x + (unit === '1' ? -8 : 8), y },
              values: { smokeDbPerM: 0.02 + index / 100, temperatureCelsius: 21.4, batteryPercent: 88 },
              now,
            }),
          );
        }
      devices.push(
        device({
          id: `gate-${communityId}-${building}`,
          kind: 'access-gate',
          communityId,
          location: { building: String(building), unit: '1', floor: 1, spot: '单元门', x, y: y - 8 },
          values: { doorOpen: false, locked: true },
          now,
        }),
        device({
          id: `bin-${communityId}-${building}`,
          kind: 'smart-bin',
          communityId,
          location: { spot: `${building}号垃圾房`, x: x + 34, y: y + 22 },
          values: { fillPercent: 30 + building * 9, temperatureCelsius: 24.1, stream: 'kitchen' },
          now,
        }),
      );
    }
  devices.push(
    device({
      id: 'cam-jinxiu-3',
      kind: 'high-throw-camera',
      communityId: 'jinxiu',
      location: { building: '3', spot: '东立面', x: 180, y: 52 },
      values: { fps: 24.8, brightnessPercent: 61, blocked: false },
      now,
    }),
  );
  return devices;
}

function device(options: {
  id: string;
  kind: string;
  communityId: string;
  location: Location;
  values: Record<string, number | boolean | string>;
  now: number;
}): FakeDevice {
  const { values, now, ...rest } = options;
  const silent = options.id.endsWith('4-2-902');
  const at = now - (silent ? 3 * 3_600_000 : 20_000);
  return {
    ...rest,
    gatewayId: `gw-${options.communityId}`,
    name: options.id,
    liveness: silent ? 'unavailable' : 'online',
    lastSeenAt: at,
    latest: Object.fromEntries(
      Object.entries(values).map(([field, value]) => [field, { value, at, quality: 'good' as const }]),
    ),
  };
}

export interface RaiseOptions {
  deviceId: string;
  rule: string;
  severity: Severity;
  title: { zh: string; en: string };
  response?: { zh: string; en: string };
  lifeSafety?: boolean;
  latch?: boolean;
  cause?: Record<string, number | boolean | string>;
  at: number;
}

/** Alarms as sets of facts; key: alarm id. */
export class FakeAlarms {
  readonly facts = new Map<string, AlarmFact[]>();
  readonly #devices: Map<string, FakeDevice>;
  #count = 0;

  constructor(devices: readonly FakeDevice[]) {
    this.#devices = new Map(devices.map((known) => [known.id, known]));
  }

  raise(options: RaiseOptions): string {
    const { deviceId, at, lifeSafety = false, latch = false, ...rest } = options;
    const known = this.#devices.get(deviceId);
    if (!known) throw new Error(`the fake world has no device ${deviceId}`);
    this.#count += 1;
    const alarmId = `al-${String(this.#count).padStart(4, '0')}`;
    const { communityId, gatewayId, kind, location } = known;
    const identity = { communityId, gatewayId, deviceId, kind, location };
    const body = { type: 'raised', activation: 1, step: 0, ...identity, lifeSafety, latch, ...rest } as const;
    this.say(alarmId, body, {
      at,
      author: { type: 'rule', id: options.rule },
      origin: { type: 'gateway', id: gatewayId },
    });
    return alarmId;
  }

  say(alarmId: string, body: FactBody, said: Pick<AlarmFact, 'at' | 'author' | 'origin'>): void {
    this.#count += 1;
    const fact: AlarmFact = { id: `f-${String(this.#count).padStart(6, '0')}`, alarmId, ...said, body };
    this.facts.set(alarmId, [...(this.facts.get(alarmId) ?? []), fact]);
  }

  get(alarmId: string): Alarm | undefined {
    return foldAlarm(this.facts.get(alarmId) ?? []);
  }

  all(): Alarm[] {
    return [...this.facts.keys()].flatMap((id) => this.get(id) ?? []).sort((a, b) => b.firstAt - a.firstAt);
  }
}

const SYSTEM = { author: { type: 'system', id: 'hub' }, origin: { type: 'hub', id: 'hub' } } as const;

/** A night's board: a kitchen fire seen by two detectors, a forced gate, a thrown bottle, full bins, muted ones. */
export function fillAlarms(alarms: FakeAlarms, now: number): void {
  const minute = 60_000;
  const smoke = { rule: 'smoke-alarm', severity: 'critical', lifeSafety: true, latch: true } as const;
  const response = {
    zh: '立即到场核实；确认着火：拨打 119，按下手动报警按钮，疏散本层及上层住户，电梯迫降到首层。',
    en: 'Go and look at once. Fire: call 119, press the call point, clear this floor and those above, lifts to ground.',
  };
  const title = { zh: '烟雾报警', en: 'Smoke alarm' };
  const first = alarms.raise({
    ...smoke,
    deviceId: 'smoke-jinxiu-3-2-502',
    title,
    response,
    cause: { smokeDbPerM: 0.41, temperatureCelsius: 47.2 },
    at: now - 2 * minute,
  });
  const second = alarms.raise({
    ...smoke,
    deviceId: 'smoke-jinxiu-3-2-702',
    title,
    response,
    cause: { smokeDbPerM: 0.19 },
    at: now - minute,
  });
  for (const [id, firstOut] of [
    [first, true],
    [second, false],
  ] as const)
    alarms.say(id, { type: 'incident-linked', incidentId: 'in-1', firstOut }, { at: now - minute, ...SYSTEM });
  alarms.say(first, { type: 'ticket-linked', ticketId: 'tk-1' }, { at: now - 2 * minute, ...SYSTEM });
  alarms.say(
    first,
    { type: 'notified', notifier: 'wecom', to: '保安队长', outcome: 'delivered' },
    { at: now - 110_000, ...SYSTEM },
  );

  const throwId = alarms.raise({
    deviceId: 'cam-jinxiu-3',
    rule: 'falling-object',
    severity: 'major',
    title: { zh: '高空抛物', en: 'Falling object' },
    response: {
      zh: '核实证据；派人查看落点，防止二次抛物。',
      en: 'Check the evidence; send somebody to the landing place.',
    },
    cause: { confidence: 0.97, floor: 8 },
    at: now - 4 * minute,
  });
  const evidence = { mime: 'image/svg+xml', at: now - 4 * minute, bytes: 2048, sha256: '0'.repeat(64) } as const;
  alarms.say(
    throwId,
    { type: 'evidence', evidence: { ...evidence, id: 'ev-picture', type: 'picture' } },
    {
      at: now - 4 * minute,
      author: { type: 'rule', id: 'falling-object' },
      origin: { type: 'gateway', id: 'gw-jinxiu' },
    },
  );
  alarms.say(
    throwId,
    { type: 'evidence', evidence: { ...evidence, id: 'ev-track', type: 'track', mime: 'application/json' } },
    {
      at: now - 4 * minute,
      author: { type: 'rule', id: 'falling-object' },
      origin: { type: 'gateway', id: 'gw-jinxiu' },
    },
  );

  const gate = alarms.raise({
    deviceId: 'gate-xinghe-2',
    rule: 'forced-open',
    severity: 'major',
    title: { zh: '强行开门', en: 'Forced open' },
    response: { zh: '查看门禁与监控，必要时报 110。', en: 'Look at the gate and the camera; call 110 if needed.' },
    at: now - 7 * minute,
  });
  alarms.say(
    gate,
    { type: 'acknowledged', activation: 1, note: '已派小李过去查看' },
    { at: now - 6 * minute, author: { type: 'person', id: 'guard' }, origin: { type: 'hub', id: 'hub' } },
  );
  const held = alarms.raise({
    deviceId: 'gate-laochang-5',
    rule: 'held-open',
    severity: 'minor',
    title: { zh: '门长时间未关', en: 'Door held open' },
    at: now - 30 * minute,
  });
  alarms.say(
    held,
    { type: 'cleared', activation: 1, step: 1, reason: 'condition' },
    {
      at: now - 12 * minute,
      author: { type: 'rule', id: 'held-open' },
      origin: { type: 'gateway', id: 'gw-laochang' },
    },
  );
  for (const building of [5, 6])
    alarms.raise({
      deviceId: `bin-jinxiu-${building}`,
      rule: 'fill-high',
      severity: 'minor',
      title: { zh: '垃圾桶将满', en: 'Bin nearly full' },
      cause: { fillPercent: 91 },
      at: now - building * 9 * minute,
    });
  alarms.raise({
    deviceId: 'smoke-jinxiu-4-2-902',
    rule: 'battery-low',
    severity: 'notice',
    title: { zh: '电量低', en: 'Battery low' },
    cause: { batteryPercent: 9 },
    at: now - 90 * minute,
  });
  const shelved = alarms.raise({
    deviceId: 'bin-xinghe-1',
    rule: 'tilt',
    severity: 'minor',
    title: { zh: '垃圾桶倾斜', en: 'Bin tilted' },
    at: now - 120 * minute,
  });
  alarms.say(
    shelved,
    { type: 'shelved', untilAt: now + 90 * minute, reason: '环卫正在清运' },
    { at: now - 60 * minute, author: { type: 'person', id: 'guard' }, origin: { type: 'hub', id: 'hub' } },
  );
  const muted = alarms.raise({ ...smoke, deviceId: 'smoke-laochang-1-1-301', title, at: now - 15 * minute });
  alarms.say(
    muted,
    { type: 'suppressed', by: 'fire-test: 1号楼', reason: '消防年检', untilAt: now + 60 * minute },
    { at: now - 15 * minute, ...SYSTEM },
  );
}
