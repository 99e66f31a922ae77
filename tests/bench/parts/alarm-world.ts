/**
 * Ten thousand active alarms as the gateway's own engine makes them, with a hundred inhibition rules:
 * rule `cause-i` mutes the alarms of rule `effect-i` in the same building: about a thousand are
 * muted. One device has one rule. The
 * same world is told to Alertmanager as alerts and inhibit rules.
 */
import type { AlarmFact } from '../../../core/alarm.ts';
import type { Device, DeviceKind } from '../../../core/device.ts';
import type { Inhibition } from '../../../core/inhibition.ts';
import type { Observation } from '../../../core/reading.ts';
import type { RuleSpec, Severity } from '../../../core/rule.ts';
import { type AlarmEngine, createAlarmEngine, loadRuleTypes } from '../../../edge/alarms/engine.ts';

export const INHIBITIONS = 100;
const BUILDINGS = 10;
const FLOORS = 20;
/** One device in so many is a cause; the others are effects. */
const CAUSE_EVERY = 100;

export const WORLD = { communityId: 'bench', gatewayId: 'bench-gateway' };

export interface AlarmWorld {
  engine: AlarmEngine;
  devices: Device[];
  /** What raising every alarm makes: one list of facts per device. */
  raises: AlarmFact[][];
  /** CPU time of the engine for all of it. */
  engineMs: number;
}

export const INHIBITION_RULES: readonly Inhibition[] = Array.from({ length: INHIBITIONS }, (_, index) => ({
  id: `bench-${index}`,
  when: { rules: [`cause-${index}`] },
  mutes: { rules: [`effect-${index}`] },
  same: 'building' as const,
  reason: 'bench',
}));

/** The rule of a device: its kind is named for it. */
export function ruleIdOf(index: number): string {
  return index % CAUSE_EVERY === 0
    ? `cause-${Math.floor(index / CAUSE_EVERY) % INHIBITIONS}`
    : `effect-${index % INHIBITIONS}`;
}

/** None that a flood folds: every alarm is one that a list must show. */
export function severityOf(index: number): Severity {
  return index % 10 === 0 ? 'critical' : 'major';
}

export async function makeWorld(alarms: number, startAt: number): Promise<AlarmWorld> {
  const kinds = new Map<string, DeviceKind>();
  const devices = Array.from({ length: alarms }, (_, index): Device => {
    const kind = `${ruleIdOf(index)}-${severityOf(index)}`;
    if (!kinds.has(kind)) kinds.set(kind, { rules: [rule(index)] } as unknown as DeviceKind);
    const building = String(1 + (Math.floor(index / CAUSE_EVERY) % BUILDINGS));
    const location = { building, unit: '1', floor: 1 + (index % FLOORS), spot: '' };
    return { id: `d-${index}`, kind, ...WORLD, name: `d-${index}`, location };
  });
  let ids = 0;
  const engine = createAlarmEngine({
    ...WORLD,
    kinds,
    ruleTypes: await loadRuleTypes(),
    newId: () => `b${ids++}`,
    inhibitions: INHIBITION_RULES,
  });
  engine.setDevices(devices);
  engine.tick(startAt);
  const before = process.cpuUsage();
  const raises = devices.map(({ id, kind }, index) => engine.observe(reading(id, kind, 99, startAt + index)).facts);
  const { user, system } = process.cpuUsage(before);
  return { engine, devices, raises, engineMs: (user + system) / 1_000 };
}

export function reading(deviceId: string, kind: string, value: number, at: number): Observation {
  const said = { deviceId, kind, communityId: WORLD.communityId, at, receivedAt: at, quality: 'good' as const };
  return { ...said, channel: 'telemetry', values: { value } };
}

function rule(index: number): RuleSpec {
  const id = ruleIdOf(index);
  return {
    id,
    type: 'threshold',
    severity: severityOf(index),
    title: { zh: `压力超限 ${id}`, en: `Pressure out of limits ${id}` },
    response: { zh: '到现场查看', en: 'Go and look' },
    with: { field: 'value', above: 90 },
  };
}
