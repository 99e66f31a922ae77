/**
 * `npm run soak -- [--minutes N] [--seed S] [--cameras N] [--json FILE]`: streams of simulated
 * cameras are broken for so long. Exit 1 when a state was not told, the vision process ended, or its
 * memory grew by more than a third after the first tenth.
 */
import { writeFileSync } from 'node:fs';
import { numberIn, readCommand, runCommand } from '../../core/command.ts';
import { soak } from './soak.ts';

const USAGE = 'npm run soak -- [--minutes N] [--seed SEED] [--cameras N] [--json FILE]';
const GROWTH_MAX = 1.33;

await runCommand('soak', async () => {
  const text = { type: 'string' } as const;
  const options = {
    minutes: { ...text, default: '60' },
    seed: { ...text, default: '1' },
    cameras: { ...text, default: '2' },
    json: text,
  };
  const { values } = readCommand({ options }, USAGE);
  const result = await soak({
    minutes: numberIn(values.minutes, '--minutes', { min: 0.1, max: 100_000 }),
    seed: values.seed,
    cameras: numberIn(values.cameras, '--cameras', { min: 1, max: 100, whole: true }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const { faults, untold, memory, ...counts } = result;
  process.stdout.write('\n');
  console.table({ ...faults, ...counts, untold: untold.length, ...memory });
  for (const line of untold) process.stdout.write(`${line}\n`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  process.exit(untold.length + result.restarts > 0 || memory.end > memory.early * GROWTH_MAX ? 1 : 0);
});
