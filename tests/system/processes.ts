/** One hub or gateway as in production (`npm run hub`, `npm run edge`), that a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { launch } from '../../tools/launch.ts';
import { until } from './world.ts';

export interface Process {
  child: ChildProcess;
  output(): string;
  /** Whether it has ended, by itself or by a signal. */
  gone(): boolean;
  /** Ends it with `signal` and resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `file` with Node and resolves once it has printed its start-up line. */
export async function startProcess(options: {
  file: string;
  args?: string[];
  env: Record<string, string>;
  upWhen: RegExp;
}): Promise<Process> {
  const { flags, env } = launch(options.file);
  const child = spawn(process.execPath, [...flags, options.file, ...(options.args ?? [])], {
    env: { ...process.env, ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  await until(() => options.upWhen.test(output), {
    timeoutMs: 60_000,
    what: `${options.file} to be up`,
    given: () => output.slice(-3_000),
    broken: gone,
  });
  return {
    child,
    output: () => output,
    gone,
    async end(signal) {
      if (gone()) return child.exitCode;
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a program that is expected to end by itself. */
export async function runToEnd(options: {
  file: string;
  args: string[];
  env: Record<string, string>;
}): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [options.file, ...options.args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
