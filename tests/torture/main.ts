/**
 * `npm run torture -- [--minutes N] [--seed S] [--devices N] [--json FILE]`: a real gateway, hub and
 * fleet; something breaks every few seconds; at the end every message that got a PUBACK must be at
 * the hub exactly once or be named in the gap report. Exit 1 when one is not.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    devices: { type: 'string', default: '40' },
    json: { type: 'string' },
  },
});
const result = await torture({
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  devices: Number(values.devices),
  say: (line) => process.stdout.write(`${line}\n`),
});
const { lostExamples, duplicatedExamples, ...counts } = result.account;
process.stdout.write('\n');
console.table({ ...result.faults, ...counts, conditionsWrong: result.conditionsWrong.length });
for (const examples of [lostExamples, duplicatedExamples]) if (examples.length > 0) console.table(examples);
for (const line of result.conditionsWrong) process.stdout.write(`${line}\n`);
if (values.json) writeFileSync(values.json, JSON.stringify(result, null, 2));
process.exit(counts.lost + counts.duplicated + result.conditionsWrong.length === 0 ? 0 : 1);
