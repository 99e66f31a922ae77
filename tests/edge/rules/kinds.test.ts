import { expect, test } from 'vitest';
import { loadKinds } from '../../../devices/kinds.ts';
import { compileRule, loadRuleTypes } from '../../../edge/alarms/rule-types.ts';

const kinds = await loadKinds();
const ruleTypes = await loadRuleTypes();

test.each([...kinds])('every default rule of %s compiles and reads what its kind can say', (_id, kind) => {
  const fields = new Set([...Object.keys(kind.telemetry.shape), 'batteryPercent', 'rssiDbm', '*']);
  const events = new Set([...Object.keys(kind.events), '*']);
  for (const spec of kind.rules) {
    const rule = compileRule(spec, ruleTypes);
    // A rule of a place listens to its neighbours too, whatever their kind.
    if (rule.place !== undefined && rule.place !== 'device') continue;
    for (const field of rule.fields) expect(fields, `${spec.id} reads ${field}`).toContain(field);
    for (const event of rule.events) expect(events, `${spec.id} listens to ${event}`).toContain(event);
  }
});
