/** `npm run scenario -- night-shift [--seed SEED] [--json]`: a story in fast motion, and what came of it. */
import { parseArgs } from 'node:util';
import { nightTable, runNight } from './night-shift.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: 'night' }, json: { type: 'boolean' } },
});
if (positionals[0] !== 'night-shift') {
  process.stderr.write('scenario: give night-shift [--seed SEED] [--json]\n');
  process.exit(1);
}
const night = await runNight(values.seed);
process.stdout.write(values.json ? `${JSON.stringify(night, null, 2)}\n` : nightTable(night));
