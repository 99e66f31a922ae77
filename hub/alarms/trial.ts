/**
 * Tries a rule on recorded history before it is switched on. The engine that judges it is the
 * gateway's own, run as a program beside the hub (`npm run rules -- try`), so that a long trial holds
 * up nobody. In: a rule, the devices it is for, a span. Out: how often it would have fired, on what.
 * The program reads the history over the hub's API with a token of the person who asks, made for it.
 */
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { RuleSpec } from '../../core/rule.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'edge', 'alarms', 'rules.ts');
export const TRIAL_LIMITS = {
  spanMs: 31 * 24 * 3_600_000,
  /** Longest that a trial may take. */
  runMs: 60_000,
  answerBytes: 8 * 1024 * 1024,
  /** Buckets of one field of one device that the history is read in. */
  buckets: 10_000,
} as const;

/** As `npm run rules -- try --json` prints it. */
export interface Trial {
  fromAt: number;
  toAt: number;
  observations: number;
  devices: number;
  firings: {
    deviceId: string;
    at: number;
    clearedAt: number | null;
    severity: string;
    cause: Record<string, unknown> | null;
    mutedBy: string | null;
  }[];
  muted: number;
  perDay: number;
  byDevice: { deviceId: string; firings: number }[];
  medianMs: number | null;
}

export interface TrialOrder {
  rule: RuleSpec;
  communityId: string;
  kind: string;
  deviceId?: string | undefined;
  fromAt: number;
  toAt: number;
  /** The hub's own address on this machine. */
  url: string;
  token: string;
}

export function createTrials(parts: { folder: string; clock: Clock; newId: () => string }) {
  let isRunning = false;
  return {
    /** Throws `conflict` while another one runs, `unprocessable` with the program's word when it refuses. */
    async run(order: TrialOrder): Promise<Trial> {
      if (isRunning) throw new AppError('conflict', 'another rule is being tried: ask again in a minute');
      isRunning = true;
      const file = join(parts.folder, `${parts.newId()}.json`);
      try {
        await mkdir(parts.folder, { recursive: true, mode: 0o700 });
        await writeFile(file, JSON.stringify(order.rule), { mode: 0o600 });
        return await runProgram(file, order, parts.clock);
      } finally {
        isRunning = false;
        await rm(file, { force: true });
      }
    },
  };
}

function runProgram(file: string, order: TrialOrder, clock: Clock): Promise<Trial> {
  const { communityId, kind, deviceId, fromAt, toAt, url, token } = order;
  const stepMs = Math.max(1_000, Math.ceil((toAt - fromAt) / TRIAL_LIMITS.buckets));
  const flags = ['--from', `${fromAt}`, '--to', `${toAt}`, '--hub', url, '--step-ms', `${stepMs}`, '--kind', kind];
  const scope = ['--community', communityId, ...(deviceId === undefined ? [] : ['--device', deviceId])];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, 'try', file, ...flags, ...scope, '--json'],
    // It speaks to this very hub, whose certificate may be in the name of a street and not of this machine.
    { env: { LINLI_API_TOKEN: token, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said: Buffer[] = [];
  let bytes = 0;
  let words = '';
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > TRIAL_LIMITS.answerBytes) child.kill('SIGKILL');
    else said.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    const timer = clock.after(TRIAL_LIMITS.runMs, () => child.kill('SIGKILL'));
    child.once('error', reject);
    child.once('close', (code) => {
      timer.cancel();
      if (code === 0) resolve(JSON.parse(Buffer.concat(said).toString()) as Trial);
      else if (code === null)
        reject(new AppError('unprocessable', 'the trial took too long or too much: shorten its span'));
      else reject(new AppError('unprocessable', reasonIn(words)));
    });
  });
}

/** The program's own line, without its name. */
function reasonIn(words: string): string {
  const line = words.split('\n').find((one) => one.startsWith('linli rules: '));
  return line?.slice('linli rules: '.length) ?? 'the trial failed; try a shorter span';
}
