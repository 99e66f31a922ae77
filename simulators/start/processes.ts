/**
 * The processes of a demonstration. Each writes its log into a file of its own; the first that ends
 * by itself ends the rest. A watchdog in a group of its own ends them also when this process is
 * killed without a chance to clean up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '../../core/clock.ts';
import { launch } from '../../tools/launch.ts';

interface ProcessSpec {
  name: string;
  /** A TypeScript file below the repository's root. */
  file: string;
  args?: readonly string[];
  env: Record<string, string | undefined>;
}

export interface Processes {
  start(spec: ProcessSpec): void;
  /** Resolves with one line about the first process that ended by itself. */
  readonly fallen: Promise<string>;
  /** Ends them in the order of `waves` (names), then whatever is left; none outlives `withinMs`. */
  stop(waves: readonly (readonly string[])[], withinMs: number): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

export function makeProcesses(options: { logDir: string; clock: Clock }): Processes {
  const { logDir, clock } = options;
  mkdirSync(logDir, { recursive: true });
  const running = new Map<string, ChildProcess>();
  const watchdog = startWatchdog();
  let stopping = false;
  let tellFallen: (line: string) => void = () => undefined;
  const fallen = new Promise<string>((resolve) => {
    tellFallen = resolve;
  });

  return {
    fallen,
    start(spec) {
      // A start that is under way when the end comes must not bring up anything more.
      if (stopping) return;
      const logFile = join(logDir, `${spec.name}.log`);
      const child = spawnChild(spec, logFile);
      running.set(spec.name, child);
      watchdog.watch(child);
      child.once('error', (error) => tellFallen(`${spec.name} did not start: ${error.message}`));
      child.once('exit', (code, signal) => {
        running.delete(spec.name);
        if (!stopping) tellFallen(`${spec.name} ended (${signal ?? `code ${code}`}): ${lastWords(logFile)}`);
      });
    },
    async stop(waves, withinMs) {
      stopping = true;
      const deadline = clock.monotonic() + withinMs;
      for (const [index, wave] of [...waves, [...running.keys()]].entries()) {
        const share = (deadline - clock.monotonic()) / (waves.length + 1 - index);
        await endAll(wave, { running, clock, withinMs: Math.max(0, share) });
      }
      for (const child of running.values()) child.kill('SIGKILL');
      watchdog.dismiss();
    },
  };
}

async function endAll(
  names: readonly string[],
  parts: { running: ReadonlyMap<string, ChildProcess>; clock: Clock; withinMs: number },
): Promise<void> {
  const ends = names.flatMap((name) => {
    const child = parts.running.get(name);
    if (!child) return [];
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    return [ended];
  });
  if (ends.length === 0) return;
  const waiting = new AbortController();
  await Promise.race([Promise.all(ends), sleep(parts.clock, parts.withinMs, waiting.signal)]);
  waiting.abort();
}

/**
 * Its own process group: Ctrl-C in a terminal signals a whole group, and a program that gets the
 * signal from both the terminal and us would take the second one as "now, at once".
 */
function spawnChild(spec: ProcessSpec, logFile: string): ChildProcess {
  const log = openSync(logFile, 'w', 0o600);
  const { flags, env } = launch(spec.file);
  const child = spawn(process.execPath, [...flags, spec.file, ...(spec.args ?? [])], {
    cwd: root,
    env: { ...env, ...spec.env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

/** What a program said about its own end: its own plain words or an error; a log entry may be about anything. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-30);
  const words = lines.findLast((line) => /^linli |^\w*Error\b/i.test(line) && !/ up: |https?:/.test(line));
  return words ? `${words.slice(0, 500)} (${logFile})` : `see ${logFile}`;
}

/** Reads process ids from us; when our end of the pipe closes, it ends those that are left. */
const WATCHDOG = 'while read pid; do pids="$pids $pid"; done; kill -TERM $pids; sleep 8; kill -KILL $pids';

function startWatchdog(): { watch(child: ChildProcess): void; dismiss(): void } {
  const shell = spawn('/bin/sh', ['-c', WATCHDOG], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Without a shell (or with it gone) the demonstration still works; only a SIGKILL leaves orphans.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    watch: (child) => void shell.stdin.write(`${child.pid}\n`),
    dismiss: () => void shell.kill('SIGKILL'),
  };
}
