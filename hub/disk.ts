/**
 * The disk below the hub's folder: whether it takes writes. What cannot be stored is not acknowledged, so
 * gateways keep it meanwhile; people are told the cause and the cure instead of a failure without a name.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import { diskCode, diskProblem, tryWrite } from '../core/disk.ts';
import type { Metrics } from './metrics.ts';

const LOOK_EVERY_MS = 5_000;

export interface Disk {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Tries it now: the cause and the cure, in both languages; undefined when it takes writes. */
  look(): Promise<string | undefined>;
  /**
   * Why something failed, if the disk is why: what a look finds now, else what the error says. A little may still
   * fit where more did not, and room may have come meanwhile.
   */
  whyFailed(error: unknown): Promise<string | undefined>;
  /** What the last look found. */
  readonly problem: string | undefined;
}

export function createDisk(parts: { folder: string; metrics: Metrics; clock: Clock; log: Logger }): Disk {
  const { folder, metrics, clock, log } = parts;
  let timer: Timer | undefined;
  let looking: Promise<string | undefined> = Promise.resolve(undefined);
  let next: Promise<string | undefined> | undefined;
  let problem: string | undefined;

  function found(code: string | undefined): string | undefined {
    const before = problem;
    problem = code && problemOf(code);
    metrics.diskRefuses.set(problem === undefined ? 0 : 1);
    if (problem !== before) {
      if (problem !== undefined) log.error({ folder, problem }, 'the disk takes no writes');
      else log.info({ folder }, 'the disk takes writes again');
    }
    return problem;
  }

  return {
    get problem() {
      return problem;
    },
    look() {
      // One that is under way may have written before the disk was full, so this asks for the one after it.
      next ??= looking.then(() => {
        next = undefined;
        looking = tryWrite(folder).then(found);
        return looking;
      });
      return next;
    },
    async whyFailed(error) {
      const code = diskCode(error);
      return (await this.look()) ?? (code && problemOf(code));
    },
    async start() {
      await this.look();
      timer = clock.every(LOOK_EVERY_MS, () => void this.look());
    },
    async stop() {
      timer?.cancel();
      await (next ?? looking);
    },
  };
}

function problemOf(code: string): string {
  return diskProblem(code, {
    zh: '在此之前网关保留数据，本机不保存任何更改',
    en: 'until then the gateways keep what they have, and no change is saved here',
  });
}
