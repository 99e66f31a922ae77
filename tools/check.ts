/** `npm run check`: type-check, lint (layers and cycles too), dead code. Stops with the number of failures. */
import { spawnSync } from 'node:child_process';

const CHECKS: [string, string[]][] = [
  ['tsc', ['-p', '.']],
  ['tsc', ['-p', 'hub/console']],
  ['biome', ['check', '.']],
  ['knip', []],
];

let failures = 0;
for (const [command, args] of CHECKS) {
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.status === 0) continue;
  failures += 1;
  process.stderr.write(`check: ${command} ${args.join(' ')} failed\n`);
}
process.exit(failures);
