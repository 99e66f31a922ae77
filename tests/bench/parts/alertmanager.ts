/** Debian's prometheus-alertmanager as a process, with the inhibition rules of alarm-world.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { INHIBITION_RULES } from './alarm-world.ts';
import { type Part, ROOT, startPart } from './processes.ts';

export interface Alertmanager extends Part {
  url: string;
  remove(): Promise<void>;
}

export async function startAlertmanager(): Promise<Alertmanager> {
  const folder = mkdtempSync(join(ROOT, '.cache', 'bench-alertmanager-'));
  const config = {
    route: { receiver: 'nobody', group_by: ['building'] },
    receivers: [{ name: 'nobody' }],
    inhibit_rules: INHIBITION_RULES.map(({ when, mutes }) => ({
      source_matchers: [`alertname="${when.rules?.[0]}"`],
      target_matchers: [`alertname="${mutes.rules?.[0]}"`],
      equal: ['building'],
    })),
  };
  writeFileSync(join(folder, 'config.yml'), stringify(config));
  const port = await freePort();
  const part = await startPart(
    [
      'prometheus-alertmanager',
      `--config.file=${join(folder, 'config.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { up: /Listening on.*address=127\.0\.0\.1:(\d+)/ },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let ready = false; !ready; await sleep(50))
    ready = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  return {
    ...part,
    url,
    async remove() {
      await part.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
