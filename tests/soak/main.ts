/**
 * `npm run soak -- [--minutes N] [--seed S] [--cameras N] [--json FILE]`: streams of simulated
 * cameras are broken for so long. Exit 1 when a state was not told, the vision process ended, or its
 * memory grew by more than a third after the first tenth.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const GROWTH_MAX = 1.33;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    cameras: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
const result = await soak({
  minutes: Number(values.minutes),
  seed: values.seed,
  cameras: Number(values.cameras),
  say: (line) => process.stdout.write(`${line}\n`),
});
const { faults, untold, memory, ...counts } = result;
process.stdout.write('\n');
console.table({ ...faults, ...counts, untold: untold.length, ...memory });
for (const line of untold) process.stdout.write(`${line}\n`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
process.exit(untold.length + result.restarts > 0 || memory.end > memory.early * GROWTH_MAX ? 1 : 0);
