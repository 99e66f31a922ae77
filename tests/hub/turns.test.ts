import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { createCalm } from '../../hub/calm.ts';
import { createTurns } from '../../hub/turns.ts';

function world() {
  const clock = new ManualClock(0);
  const calm = createCalm();
  const done: string[] = [];
  return {
    clock,
    calm,
    done,
    turns: createTurns({ clock, calm }),
    task: (name: string) => async () => void done.push(name),
  };
}

/** Enough turns of the event loop for whatever can go on to have gone on. */
async function eventLoop(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('tasks in turns', () => {
  it('go one after another, the urgent ones first, and a fault stops nobody', async () => {
    const { turns, done, task } = world();
    const faulty = turns.take(() => Promise.reject(new Error('no')));
    void turns.take(task('a'));
    void turns.take(task('b'));
    void turns.take(task('fire'), { urgent: true });
    await expect(faulty).rejects.toThrow('no');
    await turns.settled();
    expect(done).toEqual(['fire', 'a', 'b']);
  });

  it('let the event loop turn between them: sockets are served while ten thousand wait', async () => {
    const { turns, done, task } = world();
    for (let index = 0; index < 10_000; index += 1) void turns.take(task('x'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done.length).toBeLessThan(10);
    await turns.settled();
    expect(done).toHaveLength(10_000);
  });

  it('step aside while a gateway hands in a batch, all but the urgent ones', async () => {
    const { turns, calm, done, task } = world();
    let stored = () => {};
    void calm.during(new Promise<void>((resolve) => (stored = resolve)));
    void turns.take(task('fire'), { urgent: true });
    void turns.take(task('bin is full'));
    await eventLoop();
    expect(done).toEqual(['fire']);
    stored();
    await turns.settled();
    expect(done).toEqual(['fire', 'bin is full']);
  });

  it('step aside for five seconds at most', async () => {
    const { turns, calm, clock, done, task } = world();
    let stored = () => {};
    const batch = () => void calm.during(new Promise<void>((resolve) => (stored = resolve)));
    batch();
    void turns.take(task('first'));
    void turns.take(task('second'));
    await eventLoop();
    clock.advanceBy(5_001);
    const first = stored;
    batch();
    first();
    await eventLoop();
    // The second batch is still being taken in; both have waited long enough.
    expect(done).toEqual(['first', 'second']);
    stored();
  });

  it('end within a second of a stop, however many wait', async () => {
    const { turns, clock, done, task } = world();
    let release = () => {};
    void turns.take(() => new Promise<void>((resolve) => (release = resolve)));
    for (let index = 0; index < 10_000; index += 1) void turns.take(task('x'));
    await eventLoop();
    const stopped = turns.stop();
    clock.advanceBy(1_000);
    release();
    await stopped;
    expect(done.length).toBeLessThan(10_000);
  });
});
