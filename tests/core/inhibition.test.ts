import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alarm, foldAlarm } from '../../core/alarm.ts';
import { type Inhibition, Inhibitor, SHARED } from '../../core/inhibition.ts';
import { fact, raised, T0 } from './alarm-facts.ts';

const plain = foldAlarm([fact('r', T0, raised(1, 0))]) as Alarm;

function alarm(id: string, more: Partial<Alarm> = {}): Alarm {
  return { ...plain, id, lifeSafety: false, ...more };
}

const anyAlarm = fc
  .record({
    rule: fc.constantFrom('silent', 'fire', 'hot'),
    deviceId: fc.constantFrom('d1', 'd2', 'd3'),
    kind: fc.constantFrom('smoke', 'bin'),
    severity: fc.constantFrom('critical' as const, 'minor' as const),
    lifeSafety: fc.boolean(),
    building: fc.constantFrom('1', '2'),
    floor: fc.constantFrom(1, 2),
    zone: fc.constantFrom(undefined, 'z1'),
  })
  .map(({ building, floor, zone, ...one }) => ({ ...one, location: { building, floor, ...(zone ? { zone } : {}) } }));

const anySelector = fc.record(
  {
    rules: fc.subarray(['silent', 'fire', 'hot'], { minLength: 1 }),
    kinds: fc.subarray(['smoke', 'bin'], { minLength: 1 }),
    severities: fc.subarray(['critical' as const, 'minor' as const], { minLength: 1 }),
  },
  { requiredKeys: [] },
);

const anyRules = fc
  .array(
    fc.record({
      when: anySelector,
      mutes: anySelector,
      same: fc.constantFrom(...SHARED.filter((one) => one !== 'upstream')),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((rules) => rules.map((rule, index): Inhibition => ({ ...rule, id: `i${index}`, reason: 'test' })));

/** By definition, looking at every pair. */
function mutedByDefinition(rules: readonly Inhibition[], active: readonly Alarm[]): Set<string> {
  const selects = (selector: Inhibition['when'], { rule, kind, severity }: Alarm) =>
    (selector.rules?.includes(rule) ?? true) &&
    (selector.kinds?.includes(kind) ?? true) &&
    (selector.severities?.includes(severity) ?? true);
  const shared = (same: Inhibition['same'], { location, deviceId }: Alarm) =>
    same === 'device'
      ? deviceId
      : same === 'zone'
        ? location.zone
        : same === 'building'
          ? location.building
          : same === 'floor'
            ? `${location.building}/${location.floor}`
            : '*';
  const muted = new Set<string>();
  for (const rule of rules)
    for (const target of active)
      for (const source of active) {
        const value = shared(rule.same, target);
        if (source === target || target.lifeSafety || value === undefined || value !== shared(rule.same, source))
          continue;
        if (selects(rule.when, source) && selects(rule.mutes, target) && !selects(rule.when, target))
          muted.add(`${rule.id} ${target.id}`);
      }
  return muted;
}

test('the index mutes exactly what the definition mutes, however alarms come and go', () => {
  fc.assert(
    fc.property(
      anyRules,
      fc.array(anyAlarm, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 24 }),
      (rules, bodies, turns) => {
        const inhibitor = new Inhibitor(rules);
        const all = bodies.map((body, index) => alarm(`a${index}`, body));
        const active = new Set<Alarm>();
        const muted = new Set<string>();
        for (const turn of turns) {
          const one = all[turn % Math.max(1, all.length)];
          if (!one) continue;
          if (active.delete(one)) {
            for (const { inhibition, targetId } of inhibitor.remove(one.id))
              muted.delete(`${inhibition.id} ${targetId}`);
            for (const key of muted) if (key.endsWith(` ${one.id}`)) muted.delete(key);
          } else {
            active.add(one);
            const { mutedBy, mutes } = inhibitor.add(one);
            for (const { inhibition, targetId } of [...mutedBy, ...mutes]) muted.add(`${inhibition.id} ${targetId}`);
          }
          expect([...muted].sort()).toEqual([...mutedByDefinition(rules, [...active])].sort());
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('ten thousand active alarms under a hundred rules come and go in well under a second each way', () => {
  const rules = Array.from({ length: 100 }, (_, index): Inhibition => {
    const same = SHARED[index % SHARED.length] ?? 'device';
    return {
      id: `i${index}`,
      when: { rules: [`r${index}`] },
      mutes: { rules: [`r${(index + 1) % 100}`] },
      same,
      reason: 'test',
    };
  });
  const inhibitor = new Inhibitor(rules);
  const alarms = Array.from({ length: 10_000 }, (_, index) =>
    alarm(`a${index}`, {
      rule: `r${index % 100}`,
      deviceId: `d${index % 5_000}`,
      location: { building: `${index % 40}`, floor: index % 30 },
    }),
  );
  const before = process.cpuUsage();
  for (const one of alarms) inhibitor.add(one);
  for (const one of alarms) inhibitor.remove(one.id);
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
});
