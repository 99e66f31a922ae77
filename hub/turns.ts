/**
 * Tasks one after another, the urgent ones first: what is about life safety must not wait behind a
 * flood of the rest. Tasks of one urgency keep their order. While gateways hand in what they have,
 * the others step aside for a while, so that a flood is on disk and on the consoles first.
 */
import { breathe, type Clock, sleep } from '../core/clock.ts';
import type { Calm } from './calm.ts';

/** Longest that `stop` waits for what is left; what it leaves undone is found again at the next start. */
const DRAIN_MS_MAX = 1_000;
/** Longest that a task steps aside. */
const PATIENCE_MS = 5_000;

export interface Turns {
  /** Runs the task when its turn comes; rejects with its fault, and the next one goes on. */
  take(run: () => Promise<void>, options?: { urgent?: boolean }): Promise<void>;
  /** Resolves when nothing is left. */
  settled(): Promise<void>;
  /** Ends the line: what is left is done as far as the time allows, the rest is never begun. */
  stop(): Promise<void>;
}

interface Task {
  run(): Promise<void>;
  since: number;
}

export function createTurns({ clock, calm }: { clock: Clock; calm: Calm }): Turns {
  const urgent = createLine();
  const others = createLine();
  let working: Promise<void> | undefined;
  let isStopped = false;

  const turns: Turns = {
    take(run, options = {}) {
      const done = new Promise<void>((resolve, reject) => {
        const task = { run: () => run().then(resolve, reject), since: clock.monotonic() };
        (options.urgent ? urgent : others).add(task);
      });
      working ??= work();
      return done;
    },
    async settled() {
      while (working) await working;
    },
    async stop() {
      const drained = new AbortController();
      const left = turns.settled().finally(() => drained.abort());
      await Promise.race([left, sleep(clock, DRAIN_MS_MAX, drained.signal)]);
      isStopped = true;
      await turns.settled();
    },
  };
  return turns;

  async function work(): Promise<void> {
    // A turn later, so that `working` is set before the first task can ask for it.
    await undefined;
    for (let task = await next(); task && !isStopped; task = await next()) {
      await task.run();
      await breathe();
    }
    working = undefined;
  }

  async function next(): Promise<Task | undefined> {
    const waiting = others.first();
    if (!urgent.first() && waiting && clock.monotonic() - waiting.since < PATIENCE_MS) await calm.wait();
    return urgent.take() ?? others.take();
  }
}

/** A queue whose head costs the same however long it is. */
function createLine() {
  let tasks: Task[] = [];
  let head = 0;
  return {
    add: (task: Task) => void tasks.push(task),
    first: () => tasks[head],
    take(): Task | undefined {
      const task = tasks[head];
      if (task) head += 1;
      if (head === tasks.length) {
        tasks = [];
        head = 0;
      }
      return task;
    },
  };
}
