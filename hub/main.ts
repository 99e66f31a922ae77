/** `npm run hub`: one hub, as in production. */
import { pino } from 'pino';
import { systemClock } from '../core/clock.ts';
import { readCommand, runCommand } from '../core/command.ts';
import { untilWritable } from '../core/disk.ts';
import { readConfig } from './config.ts';
import { createHub, type Hub } from './hub.ts';

/** A stop that takes longer than this is cut off. */
const STOP_MS_MAX = 9_000;

async function main(): Promise<void> {
  readCommand({ options: {} }, 'npm run hub; its settings are LINLI_ variables (docs/CONFIGURATION.md)');
  const config = readConfig(process.env);
  const log = pino(
    {
      level: config.logLevel,
      redact: ['password', 'secret', '*.password', '*.secret', 'req.headers.authorization', 'req.headers.cookie'],
    },
    pino.destination({ dest: 2, sync: false }),
  );
  await untilWritable(config.hubDir, {
    who: 'hub',
    name: 'LINLI_DATA_DIR',
    clock: systemClock,
    say: (line) => process.stderr.write(`Linli hub: ${line}\n`),
  });
  const hub = await createHub(config, { clock: systemClock, log });
  stopOnSignals(hub);
  await hub.start();
  const scheme = config.http.tls ? 'https' : 'http';
  const uplink = config.uplink.brokerUrl ? 'an external broker' : `port ${config.uplink.port}`;
  process.stdout.write(`Linli hub: ${scheme}://${config.http.host}:${hub.httpPort}, gateways on ${uplink}\n`);
}

function stopOnSignals(hub: Hub): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    systemClock.after(STOP_MS_MAX, () => process.exit(1));
    await hub.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}

await runCommand('Linli hub', main);
