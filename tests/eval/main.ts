/**
 * `npm run eval -- NAME [options]`: runs tests/eval/NAME/evaluate.ts, which measures a model on material
 * that it never learned from. Every share and rate is printed with its counts and a 95 % interval.
 */
import { existsSync, readdirSync } from 'node:fs';
import { runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';

const folder = new URL('.', import.meta.url);
const names = readdirSync(folder).filter((name) => existsSync(new URL(`${name}/evaluate.ts`, folder)));

await runCommand('eval', async () => {
  const [name, ...args] = process.argv.slice(2);
  if (!name || !names.includes(name))
    throw new StartError(`give one of ${names.join(', ')}: npm run eval -- NAME [options]`);
  const { evaluate } = (await import(new URL(`${name}/evaluate.ts`, folder).href)) as {
    evaluate(args: string[]): Promise<void>;
  };
  await evaluate(args);
  process.exit(0);
});
