/**
 * `npm run simulate`: the devices of a world against any broker, living their day with scenarios
 * laid over it; or, with --rate, a load generator. In: a demo.json or a broker address. Out: MQTT
 * messages as real devices send them, and figures of what was acknowledged.
 */
import { join } from 'node:path';
import { type Clock, systemClock, type Timer } from '../core/clock.ts';
import { runCommand } from '../core/command.ts';
import { StartError } from '../core/errors.ts';
import { scanDefinitions } from '../core/scan.ts';
import { loadKinds } from '../devices/kinds.ts';
import { type CameraSite, makeCameraSite } from './camera-site.ts';
import { obey } from './commands.ts';
import { type Cue, direct } from './director.ts';
import { type Fleet, makeFleet } from './fleet.ts';
import { type Happening, type Life, makeLife } from './life.ts';
import { startLoad } from './load.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { type Population, populate } from './population.ts';
import { type Random, seededRandom } from './random.ts';
import { NoDeviceError, type Scenario, type Step } from './scenario.ts';
import type { DeviceSimulator } from './simulator.ts';
import { askForCut } from './start/control.ts';
import { makeStats, statsLine } from './stats.ts';
import type { World } from './world.ts';

const TICK_MS = 200;
/** A scenario asked for by name waits until the devices are connected and have spoken. */
const SCENARIO_AFTER_MS = 5_000;
const CAMERA_PORT_DEFAULT = 8090;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const clock = systemClock;
  const ended = untilEnd(clock, options.durationMs);
  const demoFile = options.world ?? join(process.env.LINLI_DATA_DIR ?? './data', 'demo.json');
  const population = await populate(options, demoFile);
  const scenarios = await scanDefinitions<Scenario>(`${import.meta.dirname}/scenarios`);
  const cues = cuesOf(options, scenarios, population);
  const life = makeLife({
    devices: population.members.map((member) => member.device),
    simulators: await scanDefinitions<DeviceSimulator>(`${import.meta.dirname}/devices`),
    seed: `${population.seed}/${clock.now()}`,
    startAt: clock.now(),
  });
  const stats = makeStats();
  const fleet = makeFleet({
    members: population.members,
    clock,
    stats,
    onCommand: (device, command) => life.play(obey(device, command.name), clock.now()),
    log,
  });
  log(`${population.members.length} devices, seed ${population.seed}`);
  const startedAt = clock.monotonic();
  await fleet.start();
  const cameras = makeCameraSite({
    devices: population.members.map((member) => member.device),
    wallSeed: population.wallSeed,
    port: Number(process.env.LINLI_CAMERA_PORT ?? CAMERA_PORT_DEFAULT),
    clock,
    log,
  });
  if (!options.rate) await cameras.start();
  const running = options.rate
    ? await load(population, { fleet, clock, perSecond: options.rate })
    : play({ life, cues, scenarios, population, fleet, cameras, clock, demoFile });
  await ended;
  running.cancel();
  await cameras.stop();
  await fleet.stop();
  log(statsLine(stats, clock.monotonic() - startedAt));
  process.exit(0);
}

/** Throws StartError for a name that is no scenario, or one that these devices cannot play. */
function cuesOf(
  options: Options,
  scenarios: ReadonlyMap<string, Scenario>,
  { seed, world }: Population,
): Iterator<Cue> {
  if (options.scenarios.length === 0) return direct(seededRandom(`${seed}/director`), scenarios);
  for (const name of options.scenarios) {
    const scenario = scenarios.get(name);
    if (!scenario)
      throw new StartError(`--scenario ${name}: there is none; known are ${[...scenarios.keys()].join(', ')}`);
    const steps = stepsOf(scenario, world, seededRandom(seed));
    if (typeof steps === 'string') throw new StartError(`--scenario ${name}: ${steps}; give more --devices`);
  }
  return options.scenarios.map((scenario) => ({ atMs: SCENARIO_AFTER_MS, scenario })).values();
}

/** What happens, or why it cannot with these devices. */
function stepsOf(scenario: Scenario, world: World, random: Random): Step[] | string {
  try {
    return scenario.steps(world, random);
  } catch (error) {
    if (error instanceof NoDeviceError) return error.message;
    throw error;
  }
}

async function load(population: Population, parts: { fleet: Fleet; clock: Clock; perSecond: number }): Promise<Timer> {
  return startLoad({
    devices: population.members.map((member) => member.device),
    kinds: await loadKinds(),
    random: seededRandom(`${population.seed}/load`),
    ...parts,
  });
}

interface Stage {
  life: Life;
  cues: Iterator<Cue>;
  scenarios: ReadonlyMap<string, Scenario>;
  population: Population;
  fleet: Fleet;
  cameras: CameraSite;
  clock: Clock;
  /** Of the world; beside it an `npm start` can be asked to cut a gateway off. */
  demoFile: string;
}

/** Lets the life run on the clock and starts each scenario on its cue. */
function play(stage: Stage): Timer {
  const { life, cues, scenarios, population, clock } = stage;
  const startedAt = clock.now();
  const random = seededRandom(`${population.seed}/scenarios`);
  let cue = cues.next();
  return clock.every(TICK_MS, () => {
    const now = clock.now();
    while (!cue.done && startedAt + cue.value.atMs <= now) {
      const scenario = scenarios.get(cue.value.scenario);
      const steps = scenario ? stepsOf(scenario, population.world, random) : [];
      log(`scenario ${cue.value.scenario}${typeof steps === 'string' ? ` is left out: ${steps}` : ''}`);
      if (typeof steps !== 'string') life.play(steps, now);
      cue = cues.next();
    }
    for (const happening of life.advance(now)) perform(happening, stage);
  });
}

function perform(happening: Happening, { fleet, cameras, demoFile }: Stage): void {
  switch (happening.type) {
    case 'telemetry':
      fleet.publish(happening.device, 'telemetry', { ...happening.values, at: happening.at });
      return;
    case 'event':
      fleet.publish(happening.device, 'event', {
        type: happening.event,
        ...happening.fields,
        at: happening.at,
      });
      return;
    case 'throw':
      cameras.throwAt(happening.device.id);
      return;
    case 'cut':
      void askForCut(demoFile, { type: 'cut', gatewayId: happening.gatewayId, forMs: happening.forMs }).then(
        (heard) => {
          if (heard) log(`${happening.gatewayId} is cut off from the hub for ${happening.forMs / 60_000} min`);
          else log(`${happening.gatewayId} cannot be cut off: no npm start beside ${demoFile}`);
        },
      );
  }
}

function log(line: string): void {
  process.stdout.write(`Linli simulators: ${line}\n`);
}

/** Resolves at a signal, or after the duration. */
function untilEnd(clock: Clock, durationMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
    // Also keeps the process alive: `every` does not.
    clock.after(durationMs ?? Number.MAX_SAFE_INTEGER, resolve);
  });
}

await runCommand('Linli simulators', main);
