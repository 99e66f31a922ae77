/**
 * A rule tried on what was: the real engine runs it over recorded observations and tells how often
 * it would have fired, on what, for how long, and how much of that the noise layer would have muted.
 * Pure: history in, report out; nothing is written anywhere.
 */
import { type AlarmFact, foldAlarm } from '../../core/alarm.ts';
import type { Device, DeviceKind } from '../../core/device.ts';
import type { Observation } from '../../core/reading.ts';
import type { RuleSpec, Severity } from '../../core/rule.ts';
import { createAlarmEngine } from './engine.ts';
import { compileRule, type RuleTypes } from './rule-types.ts';

interface Firing {
  deviceId: string;
  at: number;
  /** Null while it would still be active at the end. */
  clearedAt: number | null;
  severity: Severity;
  cause: Record<string, unknown> | null;
  /** What would have muted it as it came. */
  mutedBy: string | null;
}

export interface Trial {
  rule: RuleSpec;
  fromAt: number;
  toAt: number;
  observations: number;
  devices: number;
  firings: Firing[];
  muted: number;
  /** Shown ones per day over the span, all devices together. */
  perDay: number;
  byDevice: { deviceId: string; firings: number }[];
  medianMs: number | null;
}

const DAY_MS = 24 * 3_600_000;

/**
 * What lies before `fromAt` warms the rule up and is not counted. Throws StartError for a rule that
 * cannot run.
 */
export function tryRule(options: {
  rule: RuleSpec;
  /** Kinds whose devices carry the rule. */
  kinds: readonly string[];
  devices: readonly Device[];
  history: readonly Observation[];
  fromAt: number;
  toAt: number;
  ruleTypes: RuleTypes;
}): Trial {
  const { fromAt, toAt, ruleTypes, devices } = options;
  // Tried on purpose: that it is switched off today does not matter.
  const rule = { ...options.rule, enabled: true };
  compileRule(rule, ruleTypes);
  const carried = { rules: [rule] } as unknown as DeviceKind;
  let ids = 0;
  const engine = createAlarmEngine({
    gatewayId: devices[0]?.gatewayId ?? 'trial',
    communityId: devices[0]?.communityId ?? 'trial',
    kinds: new Map(options.kinds.map((kind) => [kind, carried])),
    ruleTypes,
    newId: () => `trial-${ids++}`,
  });
  engine.setDevices(devices);
  const history = options.history.filter((one) => one.receivedAt < toAt).sort((a, b) => a.receivedAt - b.receivedAt);
  const facts: AlarmFact[] = [...engine.tick(history[0]?.receivedAt ?? fromAt).facts];
  for (const observation of history) facts.push(...engine.observe(observation).facts);
  facts.push(...engine.tick(toAt).facts);

  const firings = firingsOf(facts).filter((one) => one.at >= fromAt && one.at < toAt);
  const shown = firings.filter((one) => one.mutedBy === null);
  const spans = firings
    .flatMap((one) => (one.clearedAt === null ? [] : [one.clearedAt - one.at]))
    .sort((a, b) => a - b);
  return {
    rule,
    fromAt,
    toAt,
    observations: history.length,
    devices: devices.filter((device) => options.kinds.includes(device.kind)).length,
    firings,
    muted: firings.length - shown.length,
    perDay: toAt > fromAt ? shown.length / ((toAt - fromAt) / DAY_MS) : 0,
    byDevice: [...Map.groupBy(firings, (one) => one.deviceId)]
      .map(([deviceId, all]) => ({ deviceId, firings: all.length }))
      .sort((a, b) => b.firings - a.firings || (a.deviceId < b.deviceId ? -1 : 1)),
    medianMs: spans[Math.floor(spans.length / 2)] ?? null,
  };
}

function firingsOf(facts: readonly AlarmFact[]): Firing[] {
  const firings: Firing[] = [];
  for (const all of Map.groupBy(facts, (fact) => fact.alarmId).values()) {
    const alarm = foldAlarm(all);
    if (!alarm) continue;
    for (const { at, body } of all) {
      if (body.type !== 'raised') continue;
      const end = all.find((one) => one.body.type === 'cleared' && one.body.activation === body.activation);
      const muted = all.find((one) => one.body.type === 'suppressed' && one.at === at);
      firings.push({
        deviceId: body.deviceId,
        at,
        clearedAt: end?.at ?? null,
        severity: body.severity,
        cause: body.cause ?? null,
        mutedBy: muted?.body.type === 'suppressed' ? muted.body.by : null,
      });
    }
  }
  return firings.sort((a, b) => a.at - b.at);
}
