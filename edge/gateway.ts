/**
 * The only wiring of a gateway: makes its parts, starts them in order, stops them in reverse. In
 * comes the checked configuration, out come MQTT for devices, alarms, the link to the hub, the panel.
 * The way of one message through them is in pipeline.ts.
 */
import { watchConfig } from './config-watch.ts';
import { storeProblem } from './disk-problem.ts';
import type { GatewayOptions, LaterParts, Stops } from './gateway-options.ts';
import { type Ground, openGround } from './ground.ts';
import { createHeartbeat } from './heartbeat.ts';
import { startHubLink } from './hub-link.ts';
import { type MqttInput, startMqttInput } from './inputs/mqtt.ts';
import { startOtherInputs } from './inputs/others.ts';
import { type Knowledge, openKnowledge } from './knowledge.ts';
import { startOpcUaLater } from './opcua-later.ts';
import { startPanel } from './panel.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { watchRegistryFile } from './registry-file.ts';

export interface Gateway {
  readonly devicePort: number;
  readonly panelPort: number | undefined;
  stop(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, clock, newId } = options;
  const stops: Stops = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const later: LaterParts = {};
    const ground = await openGround(options, stops);
    const knowledge = await openKnowledge(options, ground, later);
    const pipeline = pipelineOf(options, ground, knowledge, later);
    await pipeline.recover(ground.journal.head);
    await ground.steps.run((work) => ground.recovery.tell(work, { gatewayId: config.gateway.id, newId }));

    const input = await startDevices(options, { ground, knowledge, pipeline, later }, stops);
    const diskProblemNow = () => {
      const refused = input.blocked ?? ground.store.blocked;
      return refused === undefined ? undefined : storeProblem(refused);
    };
    const fileProblems = watchFiles(options, knowledge, stops);
    const heartbeat = createHeartbeat({
      ...knowledge,
      config,
      version: options.version,
      clock,
      store: ground.store,
      outbox: ground.outbox,
      input,
      problems: () =>
        [
          diskProblemNow(),
          ...ground.recovery.problems,
          ...fileProblems(),
          ...(later.firePanels?.problems() ?? []),
        ].filter((line) => line !== undefined),
      cameras: () => later.vision?.cameras(),
    });
    const relay = await startHubLink(options, { ground, knowledge, later, heartbeat }, stops);
    startOpcUa(options, { ground, knowledge, later }, stops);
    const panel = config.panel.enabled
      ? await startPanel({
          ...knowledge,
          config: config.panel,
          log: options.log.child({ component: 'panel' }),
          clock,
          gateway: config.gateway,
          outbox: ground.outbox,
          heartbeat,
          input,
          pipeline: pipeline.stats,
          diskProblem: diskProblemNow,
          relay,
          firePanels: later.firePanels,
        })
      : undefined;
    if (panel) stops.push(() => panel.stop());
    return { devicePort: input.port, panelPort: panel?.port, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** From the journal to the outbox. */
function pipelineOf(options: GatewayOptions, ground: Ground, knowledge: Knowledge, later: LaterParts): Pipeline {
  const { journal, steps, recovery } = ground;
  const { engine, devices, settings, commands, deadLetters, alarmTools } = knowledge;
  return createPipeline({
    ...alarmTools,
    clock: options.clock,
    log: options.log.child({ component: 'pipeline' }),
    communityId: options.config.gateway.communityId,
    steps,
    engine,
    devices,
    outbox: settings.current.outbox,
    segmentAfter: (number) => journal.after(number),
    trim(segment) {
      journal.forget(segment);
      later.input?.trim(segment);
    },
    journalId: recovery.journalId,
    isLinked: () => later.relay?.state.linked ?? false,
    onReply: commands.reply,
    onRefused: deadLetters.addRefused,
  });
}

/** Devices are let in: by MQTT, which brings the pipeline its segments, and by the other inputs. */
async function startDevices(
  { config, clock, log, onFatal }: GatewayOptions,
  parts: { ground: Ground; knowledge: Knowledge; pipeline: Pipeline; later: LaterParts },
  stops: Stops,
): Promise<MqttInput> {
  const { ground, knowledge, pipeline, later } = parts;
  const { store, journal, steps, kinds, evidence } = ground;
  const { book, devices, commands, settings } = knowledge;
  const input = await startMqttInput({
    journalFolder: ground.journalFolder,
    after: store.progress().evaluated,
    places: ground.places,
    devices: { ...config.devices, limits: settings.current.limits },
    registry: store.registry().devices,
    logLevel: config.log.level,
    clockAheadMs: knowledge.hubClock.aheadMs,
    clock,
    log: log.child({ component: 'mqtt' }),
    onSegment(place) {
      journal.add(place);
      pipeline.wake(place.number);
    },
    onFrame(deviceId, jpeg) {
      devices.heard(deviceId, clock.now());
      later.vision?.pushFrame(deviceId, jpeg);
    },
    onCommandReady: commands.ready,
    onCommandAcked: commands.delivered,
    onConnections: () => {},
    onCrash: onFatal,
  });
  later.input = input;
  pipeline.start();
  commands.start();
  stops.push(() => pipeline.stop());
  stops.push(() => commands.stop());
  stops.push(() => input.stop());
  const addFact = (fact: Parameters<Knowledge['applyFacts']>[0][number]) =>
    steps.run((work) => knowledge.applyFacts([fact], work));
  const others = await startOtherInputs(config, {
    clock,
    log,
    kinds,
    evidence,
    book,
    devices,
    keep: input.keep,
    addFact,
    sendPicture: (deviceId, picture) =>
      steps.run((work) => {
        const span = { fromAt: picture.at, toAt: picture.at, file: picture.sha256 };
        work.send('evidence', { type: 'camera-picture', deviceId, picture }, span);
      }),
  });
  later.vision = others.vision;
  later.firePanels = others.firePanels;
  stops.push(others.stop);
  return input;
}

/** Reads the configuration and the register again when they change; answers what is wrong with them. */
function watchFiles(
  { config, configFile, clock, log }: GatewayOptions,
  { settings, ruleSets, isFileInUse, takeFileDevices }: Knowledge,
  stops: Stops,
): () => (string | undefined)[] {
  const register =
    config.registryFile && isFileInUse()
      ? watchRegistryFile({ path: config.registryFile, clock, log, onDevices: takeFileDevices })
      : undefined;
  const configuration =
    configFile &&
    watchConfig({ ...configFile, running: config, settings, ruleSets, clock, log: log.child({ component: 'config' }) });
  stops.push(() => register?.cancel());
  stops.push(() => configuration?.stop());
  stops.push(() => settings.stop());
  return () => [configuration?.problem, register?.problem];
}

function startOpcUa(
  { config, version, log }: GatewayOptions,
  parts: { ground: Ground; knowledge: Knowledge; later: LaterParts },
  stops: Stops,
): void {
  if (!config.opcua.enabled) return;
  const starting = startOpcUaLater({
    config: config.opcua,
    gateway: config.gateway,
    dataDir: config.dataDir,
    version,
    kinds: parts.ground.kinds,
    devices: parts.knowledge.devices,
    book: parts.knowledge.book,
    log: log.child({ component: 'opcua' }),
  });
  void starting.then((server) => {
    parts.later.opcua = server;
  });
  stops.push(async () => (await starting)?.stop());
}
