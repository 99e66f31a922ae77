/**
 * What a gateway stands on: its files, looked through and made whole before anything uses them. In:
 * the data folder. Out: store, journal, outbox, evidence, and what was found on the way.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadKinds } from '../devices/kinds.ts';
import { storeProblem } from './disk-problem.ts';
import { openEvidenceFolder } from './evidence.ts';
import type { GatewayOptions, Stops } from './gateway-options.ts';
import { JournalReader, scanJournal } from './journal.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createSteps } from './outbox/work.ts';
import { recover } from './recovery.ts';
import { openStore } from './store.ts';
import { markRunning, repairStore } from './store-repair.ts';

export type Ground = Awaited<ReturnType<typeof openGround>>;

export async function openGround(options: GatewayOptions, stops: Stops) {
  const { config, clock, log, newId } = options;
  const folder = join(config.dataDir, 'store');
  mkdirSync(folder, { recursive: true });
  const evidence = openEvidenceFolder(join(config.dataDir, 'evidence'));
  const kinds = await loadKinds();
  const repair = await repairStore(folder, { clock, log: log.child({ component: 'store' }) });
  stops.push(markRunning(folder));
  const store = openStore({
    folder,
    clock,
    newId,
    onBlocked(reason) {
      if (reason === undefined) log.info('the store takes writes again');
      else
        log.error(
          { problem: storeProblem(reason) },
          'store refused by the disk, nothing is evaluated until it takes it',
        );
    },
    onDead: options.onFatal,
  });
  stops.push(() => store.stop());
  const journalFolder = join(folder, 'journal');
  const { places, rottenBytes } = scanJournal(journalFolder);
  if (rottenBytes > 0) log.error({ bytes: rottenBytes }, 'parts of the journal are rotten and were passed by');
  const recovery = await recover({ folder, store, places, repair, clock, log });
  const journal = new JournalReader(journalFolder, [...places]);
  stops.push(() => journal.close());
  const outbox = createOutbox({ store, clock });
  const steps = createSteps(store, outbox);
  return { folder, journalFolder, places, evidence, kinds, store, journal, recovery, outbox, steps };
}
