/** One gateway: `npm run edge -- --config FILE`. */
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { systemClock as clock, sleep } from '../core/clock.ts';
import { readCommand, runCommand } from '../core/command.ts';
import { untilWritable } from '../core/disk.ts';
import { StartError } from '../core/errors.ts';
import { idMaker } from '../core/ids.ts';
import { withIdentity } from './claim.ts';
import { loadConfig } from './config.ts';
import { type Gateway, startGateway } from './gateway.ts';

const NAME = 'linli gateway';
const STOP_MS_MAX = 9_500;

await runCommand(NAME, main);

async function main(): Promise<void> {
  const configFile = { path: configPath(), env: process.env };
  const file = await loadConfig(configFile.path, configFile.env);
  await untilWritable(file.dataDir, { who: 'gateway', name: 'dataDir', clock, say });
  const config = await withIdentity(file, { clock, random: Math.random, env: process.env, say });
  const log = pino(
    { level: config.log.level, base: { gateway: config.gateway.id } },
    pino.destination({ fd: 2, sync: false }),
  );
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  let gateway: Gateway | undefined;
  let stopping = false;

  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await Promise.race([gateway?.stop(), sleep(clock, STOP_MS_MAX)]);
    end(0);
  };
  const end = (code: number): never => {
    log.flush();
    process.exit(code);
  };
  const giveUp = (error: Error) => {
    log.fatal({ err: error }, 'gateway cannot go on, ending so that it is started again');
    // At once: what was acknowledged is kept, and a part that is broken would only hold up a stop.
    end(1);
  };
  // A store whose disk refused in the middle of a commit throws at whoever reads it next.
  process.on('uncaughtException', giveUp);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
  gateway = await startGateway({
    config,
    configFile,
    version,
    clock,
    log,
    newId: idMaker(clock),
    random: Math.random,
    onFatal: giveUp,
  });
  const { host, tls } = config.devices;
  const panel = gateway.panelPort ? `, panel http://${config.panel.host}:${gateway.panelPort}` : '';
  const hub = config.hub ? `, hub ${config.hub.url}` : ', no hub';
  process.stdout.write(
    `linli gateway ${config.gateway.id} up: devices ${tls ? 'mqtts' : 'mqtt'}://${host}:${gateway.devicePort}${panel}${hub}\n`,
  );
}

function say(line: string): void {
  process.stderr.write(`${NAME}: ${line}\n`);
}

function configPath(): string {
  const usage = 'npm run edge -- --config FILE';
  const { config } = readCommand({ options: { config: { type: 'string' } } }, usage).values;
  if (!config) throw new StartError(`give the gateway's YAML file: ${usage}`);
  return config;
}
