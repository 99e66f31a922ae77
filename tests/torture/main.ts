/**
 * `npm run torture -- [--minutes N] [--seed S] [--devices N] [--json FILE]`: a real gateway, hub and
 * fleet; something breaks every few seconds; at the end every message that got a PUBACK must be at
 * the hub exactly once or be named in the gap report. Exit 1 when one is not.
 */
import { writeFileSync } from 'node:fs';
import { numberIn, readCommand, runCommand } from '../../core/command.ts';
import { torture } from './torture.ts';

const USAGE = 'npm run torture -- [--minutes N] [--seed N] [--devices N] [--json FILE]';

await runCommand('torture', async () => {
  const text = { type: 'string' } as const;
  const options = {
    minutes: { ...text, default: '60' },
    seed: { ...text, default: '1' },
    devices: { ...text, default: '40' },
    json: text,
  };
  const { values } = readCommand({ options }, USAGE);
  const result = await torture({
    minutes: numberIn(values.minutes, '--minutes', { min: 0.1, max: 100_000 }),
    seed: numberIn(values.seed, '--seed', { min: 0, max: 2 ** 31, whole: true }),
    devices: numberIn(values.devices, '--devices', { min: 1, max: 20_000, whole: true }),
    say: (line) => process.stdout.write(`${line}\n`),
  });
  const { lostExamples, duplicatedExamples, ...counts } = result.account;
  process.stdout.write('\n');
  console.table({ ...result.faults, ...counts, conditionsWrong: result.conditionsWrong.length });
  for (const examples of [lostExamples, duplicatedExamples]) if (examples.length > 0) console.table(examples);
  for (const line of result.conditionsWrong) process.stdout.write(`${line}\n`);
  if (values.json) writeFileSync(values.json, JSON.stringify(result, null, 2));
  process.exit(counts.lost + counts.duplicated + result.conditionsWrong.length === 0 ? 0 : 1);
});
