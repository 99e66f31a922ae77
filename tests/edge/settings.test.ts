/** A pushed configuration: checked, on trial, and taken back when the gateway does not live with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { idMaker } from '../../core/ids.ts';
import { type EdgeConfig, parseConfig } from '../../edge/config.ts';
import { createOutbox } from '../../edge/outbox/outbox.ts';
import { createSteps } from '../../edge/outbox/work.ts';
import { openSettings } from '../../edge/settings.ts';
import { openStore } from '../../edge/store.ts';

const FILE = parseConfig('gateway: {id: gw-1, communityId: jinxiu}\noutbox: {keepDays: 3}\n', 'x') as EdgeConfig;
let folder: string;
const clock = new ManualClock(1_760_000_000_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linli-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One life of a gateway, as far as its settings go. */
async function start() {
  const store = openStore({ folder, clock, newId: idMaker(clock), onBlocked: () => {}, onDead: fail });
  const steps = createSteps(store, createOutbox({ store, clock }));
  const told: number[] = [];
  const settings = openSettings({
    file: FILE,
    store,
    steps,
    clock,
    log: pino({ level: 'silent' }),
    onLimits: ({ messagesPerSecondMax }) => told.push(messagesPerSecondMax),
  });
  await settings.begin();
  return {
    settings,
    told,
    take: (version: number, pushed: Record<string, unknown>) =>
      steps.run((work) => settings.take({ version, settings: pushed }, work)),
    /** SIGKILL: nobody is told. */
    die: async () => {
      await steps.idle();
      await store.stop();
    },
    stop: async () => {
      await settings.stop();
      await store.stop();
    },
  };
}

const LIMITED = { devices: { limits: { messagesPerSecondMax: 7 } }, outbox: { keepDays: 5 } };

describe('a pushed configuration', () => {
  it('lies over the file, at once and after a restart', async () => {
    const first = await start();
    await first.take(1, LIMITED);
    expect(first.told).toEqual([7]);
    expect(first.settings.current).toMatchObject({ limits: { messagesPerSecondMax: 7, messagesBurstMax: 2_000 } });
    expect(first.settings.current.outbox).toMatchObject({ keepDays: 5, lingerMs: 250 });
    await first.stop();
    const second = await start();
    expect(second.settings.current.outbox.keepDays).toBe(5);
    expect(second.settings.report()).toEqual({ version: 1 });
    await second.take(2, {});
    expect(second.settings.current.outbox.keepDays).toBe(3);
    await second.stop();
  });

  it.for([
    [{ colour: 'red' }, 'colour is not a key of the configuration (see docs/CONFIGURATION.md)'],
    [{ devices: { limits: { messagesPerSecondMax: 0 } } }, 'devices.limits.messagesPerSecondMax: '],
    [{ outbox: { keepDays: 'many' } }, 'outbox.keepDays: '],
    [{ devices: { port: 1 } }, 'devices.port is not a key'],
  ] as [Record<string, unknown>, string][])(
    'that is wrong, as %j, is refused with the key at fault',
    async ([pushed, reason]) => {
      const one = await start();
      await one.take(1, LIMITED);
      await one.take(2, pushed);
      expect(one.settings.report()).toEqual({
        version: 1,
        refused: { version: 2, reason: expect.stringContaining(reason), at: clock.now() },
      });
      expect(one.settings.current.limits.messagesPerSecondMax).toBe(7);
      await one.take(3, { outbox: { keepDays: 9 } });
      expect(one.settings.report()).toEqual({ version: 3 });
      await one.stop();
    },
  );

  it('under which the gateway dies twice within its trial gives way to the one before', async () => {
    const good = await start();
    await good.take(1, LIMITED);
    clock.advanceBy(61_000);
    await good.take(2, { outbox: { keepDays: 99 } });
    await good.die();
    const second = await start();
    expect(second.settings.current.outbox.keepDays).toBe(99);
    await second.die();
    const third = await start();
    expect(third.settings.current.outbox.keepDays).toBe(5);
    expect(third.settings.report()).toEqual({
      version: 1,
      refused: { version: 2, reason: 'the gateway ended 2 times within 60 s of taking it', at: clock.now() },
    });
    await third.die();
    expect((await start()).settings.report().version).toBe(1);
  });

  it('that has stood its trial is not blamed for a later death, nor for a planned stop', async () => {
    const first = await start();
    await first.take(1, LIMITED);
    await first.stop();
    for (let life = 0; life < 4; life += 1) await (await start()).stop();
    const last = await start();
    clock.advanceBy(61_000);
    await last.die();
    for (let life = 0; life < 3; life += 1) await (await start()).die();
    expect((await start()).settings.report()).toEqual({ version: 1 });
  });
});

function fail(error: Error): never {
  throw error;
}
