/**
 * The disk below the hub's folder: whether it takes writes. What cannot be stored is not acknowledged, so
 * gateways keep it meanwhile; people are told the cause and the cure instead of a failure without a name.
 */
import type { Logger } from 'pino';
import type { Clock, Timer } from '../core/clock.ts';
import { diskProblem, tryWrite } from '../core/disk.ts';
import type { Metrics } from './metrics.ts';

const LOOK_EVERY_MS = 5_000;

export interface Disk {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Tries it now: the cause and the cure, in both languages; undefined when it takes writes. */
  look(): Promise<string | undefined>;
  /** What the last look found. */
  readonly problem: string | undefined;
}

export function createDisk(parts: { folder: string; metrics: Metrics; clock: Clock; log: Logger }): Disk {
  const { folder, metrics, clock, log } = parts;
  let timer: Timer | undefined;
  let looking: Promise<string | undefined> | undefined;
  let problem: string | undefined;

  async function look(): Promise<string | undefined> {
    const said = await tryWrite(folder);
    const before = problem;
    problem =
      said &&
      diskProblem(said, {
        zh: '在此之前网关保留数据，本机不保存任何更改',
        en: 'until then the gateways keep what they have, and no change is saved here',
      });
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
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async start() {
      await this.look();
      timer = clock.every(LOOK_EVERY_MS, () => void this.look());
    },
    async stop() {
      timer?.cancel();
      await looking;
    },
  };
}
