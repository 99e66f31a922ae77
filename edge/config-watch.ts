/**
 * Reads the gateway's YAML file again when it changes. What may change while the gateway runs does;
 * what may not waits for the next start, and is named; a file with a fault changes nothing, and is
 * named too.
 */
import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import { type EdgeConfig, type EdgeFile, loadConfig } from './config.ts';
import type { RuleSets } from './rule-sets.ts';
import type { Settings } from './settings.ts';

const LOOK_EVERY_MS = 2_000;

export interface ConfigWatch {
  stop(): void;
  /** What is wrong with the file, or waits for a start. */
  readonly problem: string | undefined;
}

export function watchConfig(options: {
  path: string;
  env: Record<string, string | undefined>;
  running: EdgeConfig;
  settings: Settings;
  ruleSets: RuleSets;
  clock: Clock;
  log: Logger;
}): ConfigWatch {
  const { path, env, running, settings, ruleSets, clock, log } = options;
  /** Undefined at first: what changed between the start and the first look is found by it. */
  let known: string | undefined;
  let rules = running.rules;
  let problem: string | undefined;
  let looking = false;

  async function look(): Promise<void> {
    const mark = await stat(path).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      (error: NodeJS.ErrnoException) => `${error.code}`,
    );
    if (mark === known) return;
    const isFirst = known === undefined;
    known = mark;
    const found = await loadConfig(path, env).then(take, (error: Error) => error.message);
    if (found === undefined && !isFirst) log.info('the configuration file was read again');
    else if (found !== undefined) log.error({ problem: found }, 'the configuration file was read again');
    problem = found;
  }

  function take(file: EdgeFile): string | undefined {
    const fault = isDeepStrictEqual(file.rules, rules) ? undefined : ruleSets.setFile(file.rules);
    if (fault !== undefined) return `rules: ${fault}; the file is not taken, what ran before runs on`;
    rules = file.rules;
    settings.setFile({ ...running, ...hotOf(file, running) });
    const waiting = coldChanges(file, running);
    return waiting.length > 0 ? `${waiting.join(', ')}: changed in the file, in force at the next start` : undefined;
  }

  const timer = clock.every(LOOK_EVERY_MS, () => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: Error) => log.error({ err: error }, 'the configuration file cannot be watched'))
      .finally(() => {
        looking = false;
      });
  });
  return {
    stop: () => timer.cancel(),
    get problem() {
      return problem;
    },
  };
}

function hotOf({ devices, outbox, deadLetters }: EdgeFile, running: EdgeConfig) {
  return { devices: { ...running.devices, limits: devices.limits }, outbox, deadLetters };
}

/** Keys of the first two levels whose change cannot be taken while the gateway runs. */
function coldChanges(file: EdgeFile, running: EdgeConfig): string[] {
  const { claim, rules: _, outbox: __, deadLetters: ___, ...cold } = file;
  const { rules: ____, outbox: _____, deadLetters: ______, ...before } = running;
  const changes = differing(cold, before).flatMap((key) => {
    const [now, then] = [(cold as Section)[key], (before as Section)[key]];
    return isSection(now) && isSection(then) ? differing(now, then).map((name) => `${key}.${name}`) : [key];
  });
  const isIdentity = (key: string) => claim !== undefined && /^(gateway|hub)\b/.test(key);
  return changes.filter((key) => key !== 'devices.limits' && !isIdentity(key));
}

type Section = Record<string, unknown>;

function differing(now: object, then: object): string[] {
  const keys = new Set([...Object.keys(now), ...Object.keys(then)]);
  return [...keys].filter((key) => !isDeepStrictEqual((now as Section)[key], (then as Section)[key]));
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
