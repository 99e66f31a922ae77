/**
 * `npm start`: the demonstration on one machine. Starts the hub, enrols the world through the hub's
 * own API, starts the gateways, writes demo.json once everything listens, then lets the simulated
 * devices speak. One process each; Ctrl-C ends them all; the first that falls ends the rest.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { describe, readCommand, runCommand } from '../core/command.ts';
import { StartError } from '../core/errors.ts';
import { buildConsole, hasConsole } from '../tools/build-console.ts';
import { type Demo, readDemo, writeDemo } from './demo-file.ts';
import { ESTATES } from './estates.ts';
import { startControl } from './start/control.ts';
import { enrol, hubUrlOf, moveTo } from './start/enrol.ts';
import { writeGatewayFiles } from './start/gateway-files.ts';
import { answers, type HubClient, logIn, waitFor } from './start/hub-client.ts';
import { makeProcesses, type Processes } from './start/processes.ts';
import { makeRelay, type Relay } from './start/relay.ts';
import { checkPorts, readSettings, type Settings } from './start/settings.ts';
import { makeWorld } from './world.ts';

/** Below the 10 s that a stop may take, with room for the last kill. */
const STOP_MS_MAX = 8_500;
const HUB_READY_MS_MAX = 60_000;
const GATEWAYS_READY_MS_MAX = 60_000;
/** Ctrl-C may come twice, from the terminal and from npm; a later one means "now". */
const SAME_SIGNAL_MS = 2_000;

interface Run {
  settings: Settings;
  clock: Clock;
  processes: Processes;
  /** Gateway id → the network between it and the hub. */
  relays: Map<string, Relay>;
  /** Aborted when the end has come, so that nobody waits on. */
  over: AbortController;
}

async function main(): Promise<void> {
  readCommand({ options: {} }, 'npm start; its settings are LINLI_ variables (docs/CONFIGURATION.md)');
  const clock = systemClock;
  const settings = readSettings(process.env);
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  await checkPorts(settings, ESTATES.length);
  const processes = makeProcesses({ logDir: join(settings.dataDir, 'logs'), clock });
  const run: Run = { settings, clock, processes, relays: new Map(), over: new AbortController() };
  const ended = Promise.race([signalled(clock), processes.fallen]);
  const up = bringUp(run);
  // A failure before anything is up is an end too; `up` itself is awaited nowhere else.
  const reason = await Promise.race([ended, up.then(() => ended)]).catch(describe);
  run.over.abort();
  // The hub goes last: until then it takes what the gateways still have to say.
  await processes.stop([['simulators', ...ESTATES.map((estate) => `gw-${estate.id}`)], ['hub']], STOP_MS_MAX);
  if (reason !== undefined) process.stderr.write(`Linli: ${reason}\n`);
  process.exit(reason === undefined ? 0 : 1);
}

async function bringUp(run: Run): Promise<void> {
  const { settings, clock, processes, over } = run;
  const startedAt = clock.monotonic();
  const step = (what: string) =>
    process.stderr.write(`Linli: ${((clock.monotonic() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${what}\n`);
  const known = await recall(settings.dataDir);
  const consoleReady = prepareConsole();
  // The hub looks for the pages once, when it starts; older pages may be replaced beside it.
  if (!hasConsole()) {
    step('building the console');
    await consoleReady;
  }
  step('starting the hub');
  processes.start({ name: 'hub', file: 'hub/main.ts', env: settings.env });
  const hub = await hubReady(known, run);
  step(known ? 'starting the gateways' : 'enrolling communities, devices and people; starting the gateways');
  const demo = known ? await moveTo(known, hub, settings) : await firstEnrolment(run, hub);
  if (known) for (const [index, gateway] of demo.gateways.entries()) await launchGateway(gateway, index, run);
  step('waiting for the gateways');
  await Promise.all([gatewaysReady(demo, hub, run), consoleReady]);
  if (over.signal.aborted) return;
  await writeDemo(demoFile(settings.dataDir), demo);
  await rm(draftFile(settings.dataDir), { force: true });
  await startControl(demoFile(settings.dataDir), (cut) => run.relays.get(cut.gatewayId)?.cut(cut.forMs)).catch(
    (error: unknown) => step(`scenarios cannot cut a gateway off: ${error instanceof Error ? error.message : error}`),
  );
  if (settings.simulate) startSimulators(run);
  announce(demo, clock.monotonic() - startedAt);
}

/** Waits for the hub and logs in as its admin. */
async function hubReady(known: Demo | undefined, { settings, clock, over }: Run): Promise<HubClient> {
  const url = hubUrlOf(settings);
  await waitFor(() => answers(`${url}/readyz`), {
    clock,
    what: `the hub at ${url}/readyz`,
    withinMs: HUB_READY_MS_MAX,
    signal: over.signal,
  });
  return logIn(url, known?.hub.users.find((user) => user.role === 'admin') ?? (await firstLogin(settings.dataDir)));
}

async function launchGateway(gateway: Demo['gateways'][number], index: number, run: Run): Promise<void> {
  const { settings, clock, processes, relays } = run;
  const config = await writeGatewayFiles(gateway, index, settings);
  const relay = makeRelay({ port: settings.uplinkPort }, clock);
  relays.set(gateway.id, relay);
  const uplink = settings.env.LINLI_UPLINK_BROKER_URL ?? `mqtt://127.0.0.1:${await relay.start()}`;
  const env = { ...settings.env, LINLI_UPLINK_BROKER_URL: uplink };
  processes.start({ name: gateway.id, file: 'edge/main.ts', args: ['--config', config], env });
}

function demoFile(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** Holds the secrets from the enrolment until everything listens, so that a broken start loses none. */
function draftFile(dataDir: string): string {
  return join(dataDir, 'enrolment.json');
}

/** What an earlier start enrolled. demo.json steps aside: its presence says that everything listens. */
async function recall(dataDir: string): Promise<Demo | undefined> {
  const demo = await readDemo(demoFile(dataDir));
  if (demo) await rename(demoFile(dataDir), draftFile(dataDir));
  return demo ?? (await readDemo(draftFile(dataDir)));
}

async function firstLogin(dataDir: string): Promise<{ username: string; password: string }> {
  const file = join(dataDir, 'hub', 'first-login.json');
  if (!existsSync(file))
    throw new StartError(`${dataDir} holds a hub but no demo.json: point LINLI_DATA_DIR to another folder`);
  const { username, password } = JSON.parse(await readFile(file, 'utf8')) as { username: string; password: string };
  return { username, password };
}

/** Each gateway starts as soon as its devices are known, while the next community is enrolled. */
async function firstEnrolment(run: Run, hub: HubClient): Promise<Demo> {
  const { settings, clock } = run;
  const seed = settings.seed ?? String(Math.floor(Math.random() * 1_000_000));
  const admin = await firstLogin(settings.dataDir);
  const onGateway = (gateway: Demo['gateways'][number], index: number) => launchGateway(gateway, index, run);
  const demo = await enrol({ world: makeWorld(seed), hub, admin, settings, clock, onGateway });
  await writeDemo(draftFile(settings.dataDir), demo);
  return demo;
}

/** A gateway is ready when it answers, the hub hears it, and it knows its devices: before, it turns them away. */
async function gatewaysReady(demo: Demo, hub: HubClient, { settings, clock, over }: Run): Promise<void> {
  const ready = async () => {
    const { items } = await hub.get<{ items: HubsView[] }>('/api/gateways');
    const states = demo.gateways.map(async (gateway, index) => {
      const seen = items.find((one) => one.id === gateway.id);
      const url = `http://127.0.0.1:${settings.panelPortBase + index}/api/state`;
      const own = (await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).json()) as {
        registryVersion: number;
      };
      return seen?.link === 'up' && own.registryVersion === seen.registry.wanted;
    });
    return (await Promise.all(states)).every(Boolean);
  };
  const what = 'the gateways to reach the hub and to learn their devices';
  await waitFor(ready, { clock, what, withinMs: GATEWAYS_READY_MS_MAX, signal: over.signal });
}

interface HubsView {
  id: string;
  link: string;
  /** The version of its register of devices that the gateway should have. */
  registry: { wanted: number };
}

async function prepareConsole(): Promise<void> {
  try {
    await buildConsole();
  } catch (error) {
    // Devices, alarms and the API do not need the pages.
    process.stderr.write(`Linli: starting without a console: ${error instanceof Error ? error.message : error}\n`);
  }
}

function startSimulators({ settings, processes }: Run): void {
  processes.start({
    name: 'simulators',
    file: 'simulators/main.ts',
    args: ['--world', demoFile(settings.dataDir)],
    env: { ...settings.env, LINLI_CAMERA_PORT: String(settings.cameraPort) },
  });
}

function announce(demo: Demo, tookMs: number): void {
  const devices = demo.gateways.reduce((sum, gateway) => sum + gateway.devices.length, 0);
  const lines = demo.hub.users.map(
    (user) =>
      `  ${user.username.padEnd(20)} ${user.password}   (${[user.role, user.communityId].filter(Boolean).join(', ')})`,
  );
  process.stdout.write(
    `Linli is up after ${(tookMs / 1000).toFixed(1)} s: ${demo.hub.url}  (seed ${demo.seed}, ${demo.gateways.length} gateways, ${devices} devices)\n` +
      `${lines.join('\n')}\n` +
      'Ctrl-C stops everything.\n',
  );
}

/** Resolves with nothing at the first signal; one that comes later ends this process at once. */
function signalled(clock: Clock): Promise<undefined> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = () => {
      if (firstAt !== undefined && clock.monotonic() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      firstAt ??= clock.monotonic();
      resolve(undefined);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}

await runCommand('Linli', main);
