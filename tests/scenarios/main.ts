/** `npm run scenario -- night-shift [--seed SEED] [--json]`: a story in fast motion, and what came of it. */
import { readCommand, runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';
import { nightTable, runNight } from './night-shift.ts';

const USAGE = 'npm run scenario -- night-shift [--seed SEED] [--json]';

await runCommand('scenario', async () => {
  const options = { seed: { type: 'string', default: 'night' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = readCommand({ allowPositionals: true, options }, USAGE);
  if (positionals[0] !== 'night-shift') throw new StartError(`there is one scenario, night-shift; usage: ${USAGE}`);
  const night = await runNight(values.seed);
  process.stdout.write(values.json ? `${JSON.stringify(night, null, 2)}\n` : nightTable(night));
});
