/** What all command lines share: what is refused in one line with its cure, and how a program then ends. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { StartError } from './errors.ts';

/** Runs a program. What it throws ends it. */
export async function runCommand(name: string, main: () => Promise<void>, exitCode = 1): Promise<void> {
  // Whoever reads may leave: a hub goes on without its reader, and a table is cut short.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosed);
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${name}: ${describe(error)}\n`);
    process.exit(error instanceof StartError ? exitCode : 1);
  }
}

function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** One line for whoever can mend it, or where a bug came from. */
export function describe(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Options and names as node reads them; what it refuses is told with the usage. */
export function readCommand<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [cause] = (error as Error).message.split(/\.? *(?:\n|$)|\. /);
    throw new StartError(`${cause}; usage: ${usage}`);
  }
}

export interface Bounds {
  min: number;
  max: number;
  whole?: boolean;
}

/** A number among the options; undefined where it is not given. */
export function numberIn(text: string, name: string, bounds: Bounds): number;
export function numberIn(text: string | undefined, name: string, bounds: Bounds): number | undefined;
export function numberIn(text: string | undefined, name: string, { min, max, whole }: Bounds): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max) || (whole && !Number.isInteger(value)))
    throw new StartError(`${name} ${text}: must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
  return value;
}
