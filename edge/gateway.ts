/**
 * The only wiring of a gateway: makes its parts, starts them in order, stops them in reverse. In
 * comes the checked configuration, out come MQTT for devices, alarms, the link to the hub, the panel.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type AlarmAction, type AlarmFact, decideAlarm } from '../core/alarm.ts';
import type { Clock } from '../core/clock.ts';
import type { RegisteredDevice } from '../core/device.ts';
import { AppError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import { loadKinds } from '../devices/kinds.ts';
import { openAlarmBook } from './alarm-book.ts';
import { createAlarmEngine, loadRuleTypes } from './alarms/engine.ts';
import { createCommands } from './commands.ts';
import type { EdgeConfig } from './config.ts';
import { watchConfig } from './config-watch.ts';
import { diskProblem } from './data-folder.ts';
import { openDeadLetters } from './dead-letters.ts';
import { openDeviceStates } from './device-states.ts';
import { carryOut } from './downlinks.ts';
import { openEvidenceFolder } from './evidence.ts';
import { createHeartbeat } from './heartbeat.ts';
import { openHubClock } from './hub-clock.ts';
import { type MqttInput, startMqttInput } from './inputs/mqtt.ts';
import { startOtherInputs } from './inputs/others.ts';
import type { VisionInput } from './inputs/vision.ts';
import { JournalReader, scanJournal } from './journal.ts';
import type { OpcUaServer } from './opcua.ts';
import { startOpcUaLater } from './opcua-later.ts';
import { takeAck } from './outbox/acks.ts';
import { createHousekeeping } from './outbox/housekeeping.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createSender } from './outbox/sender.ts';
import { createSteps, type Work } from './outbox/work.ts';
import { startPanel } from './panel.ts';
import { createPipeline } from './pipeline.ts';
import { recover } from './recovery.ts';
import { readRegistryFile, watchRegistryFile } from './registry-file.ts';
import { createRelay, type Relay } from './relay.ts';
import { openRuleSets } from './rule-sets.ts';
import { openSettings } from './settings.ts';
import { addFacts, alarm } from './stages/alarm.ts';
import { openStore, type Registry } from './store.ts';
import { markRunning, repairStore } from './store-repair.ts';

const HOUR_MS = 3_600_000;
/** An alarm that is over stays on the panel for so long; the hub keeps it. */
const ALARM_KEEP_DAYS = 30;

export interface GatewayOptions {
  config: EdgeConfig;
  version: string;
  clock: Clock;
  log: Logger;
  newId: NewId;
  random: () => number;
  /** The file that `config` came from, to be read again when it changes. */
  configFile?: { path: string; env: Record<string, string | undefined> };
  /** Something that cannot be repaired from inside: the process has to end and be started again. */
  onFatal(error: Error): void;
}

export interface Gateway {
  readonly devicePort: number;
  readonly panelPort: number | undefined;
  stop(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, clock, log, newId } = options;
  const { id: gatewayId, communityId } = config.gateway;
  const stops: (() => void | Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
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
            { problem: diskProblem(reason) },
            'the store is refused by the disk, nothing is evaluated until it takes it',
          );
      },
      onDead: options.onFatal,
    });
    stops.push(() => store.stop());
    const journalFolder = join(folder, 'journal');
    const found = scanJournal(journalFolder);
    if (found.rottenBytes > 0)
      log.error({ bytes: found.rottenBytes }, 'parts of the journal are rotten and were passed by');
    const recovery = await recover({ folder, store, places: found.places, repair, clock, log });
    const journal = new JournalReader(journalFolder, [...found.places]);
    stops.push(() => journal.close());

    const outbox = createOutbox({ store, clock });
    const steps = createSteps(store, outbox);
    let input: MqttInput | undefined;
    let vision: VisionInput | undefined;
    let opcua: OpcUaServer | undefined;
    let relay: Relay | undefined;
    const settings = openSettings({
      file: config,
      store,
      steps,
      clock,
      log: log.child({ component: 'settings' }),
      onLimits: (limits) => input?.setLimits(limits),
    });
    await settings.begin();
    const hot = settings.current;
    const book = openAlarmBook(store, kinds);
    const devices = openDeviceStates({ store, kinds, startedAt: clock.now() });
    const deadLetters = openDeadLetters({ store, communityId, limits: hot.deadLetters });
    const ruleTypes = await loadRuleTypes();
    const engine = createAlarmEngine({ gatewayId, communityId, kinds, ruleTypes, newId });
    const ruleSets = openRuleSets({
      file: config.rules,
      store,
      ruleTypes,
      clock,
      log: log.child({ component: 'rules' }),
      onChange: setRules,
    });
    const commands = createCommands({
      store,
      steps,
      clock,
      log: log.child({ component: 'commands' }),
      newId,
      gatewayId,
      send: (deviceId, payload) => input?.sendCommand(deviceId, payload),
    });
    const hubClock = openHubClock({ gatewayId, store, steps, clock, onChange: engine.setClockSkew.bind(engine) });
    const alarmTools = { book, store, onCommands: commands.takeLocal };
    const pipeline = createPipeline({
      ...alarmTools,
      clock,
      log: log.child({ component: 'pipeline' }),
      communityId,
      steps,
      engine,
      devices,
      outbox: hot.outbox,
      segmentAfter: (number) => journal.after(number),
      trim(segment) {
        journal.forget(segment);
        input?.trim(segment);
      },
      journalId: recovery.journalId,
      isLinked: () => relay?.state.linked ?? false,
      onReply: commands.reply,
      onRefused: deadLetters.addRefused,
    });

    // The file serves until the hub has sent its register, which counts from then on.
    const isFileInUse = () => store.registry().version === 0;
    if (config.registryFile && isFileInUse()) {
      const registry = { version: 0, devices: await readRegistryFile(config.registryFile) };
      await steps.run((work) => work.write(() => store.put('registry', registry)));
    }
    const registry = store.registry();
    devices.setRegistry(registry.devices);
    engine.restore(
      [...store.ruleStates.getRange({})].map(({ key, value }) => [key, value]),
      book.unfinished(),
    );
    engine.setClockSkew(hubClock.aheadMs);
    engine.setDevices(registry.devices);
    setRules(ruleSets.all());
    await pipeline.recover(journal.head);
    await steps.run((work) => recovery.tell(work, { gatewayId, newId }));

    function diskProblemNow(): string | undefined {
      const refused = input?.blocked ?? store.blocked;
      return refused === undefined ? undefined : diskProblem(refused);
    }

    function setRules(overrides: Parameters<typeof engine.setRules>[0]): void {
      for (const problem of engine.setRules(overrides).problems) log.error({ problem }, 'a rule cannot run');
    }

    function setRegistry(next: Registry): void {
      devices.setRegistry(next.devices);
      engine.setDevices(next.devices);
      input?.setRegistry(next.devices);
      vision?.setDevices(next.devices);
      opcua?.setDevices(next.devices);
      log.info({ version: next.version, devices: next.devices.length }, 'register of devices');
    }

    function takeFileDevices(list: RegisteredDevice[]): void {
      if (!isFileInUse()) return;
      const next = { version: 0, devices: list };
      void steps.run((work) => {
        work.write(() => store.put('registry', next));
        work.after(() => setRegistry(next));
      });
    }

    /** Facts of people: kept, then told to the engine, which may answer with facts of its own. */
    function applyFacts(facts: AlarmFact[], work: Work): void {
      const fresh = addFacts(facts, book, work);
      if (fresh.length > 0) alarm(engine.apply(fresh), alarmTools, work);
    }

    function act(alarmId: string, action: AlarmAction, username: string): Promise<void> {
      return steps.run((work) => {
        const page = book.get(alarmId);
        if (!page) throw new AppError('not-found', 'there is no such alarm');
        const decision = decideAlarm(page.alarm, action, clock.now());
        if (!decision.ok) throw new AppError('conflict', decision.reason);
        const author = { type: 'person' as const, id: username };
        applyFacts([{ id: newId(), alarmId, at: clock.now(), ...hubClock.said(), author, body: decision.body }], work);
      });
    }

    input = await startMqttInput({
      journalFolder,
      after: store.progress().evaluated,
      places: found.places,
      devices: { ...config.devices, limits: hot.limits },
      registry: registry.devices,
      logLevel: config.log.level,
      clock,
      log: log.child({ component: 'mqtt' }),
      onSegment(place) {
        journal.add(place);
        pipeline.wake(place.number);
      },
      onFrame(deviceId, jpeg) {
        devices.heard(deviceId, clock.now());
        vision?.pushFrame(deviceId, jpeg);
      },
      onCommandReady: commands.ready,
      onCommandAcked: commands.delivered,
      onConnections: () => {},
      onCrash: options.onFatal,
    });
    const mqttInput = input;
    pipeline.start();
    commands.start();
    stops.push(() => pipeline.stop());
    stops.push(() => commands.stop());
    stops.push(() => mqttInput.stop());
    const others = await startOtherInputs(config, {
      clock,
      log,
      kinds,
      evidence,
      book,
      devices,
      keep: mqttInput.keep,
      addFact: (fact) => steps.run((work) => applyFacts([fact], work)),
    });
    vision = others.vision;
    stops.push(others.stop);
    const registerWatch =
      config.registryFile && isFileInUse()
        ? watchRegistryFile({ path: config.registryFile, clock, log, onDevices: takeFileDevices })
        : undefined;
    stops.push(() => registerWatch?.cancel());

    const heartbeat = createHeartbeat({
      config,
      version: options.version,
      clock,
      store,
      outbox,
      devices,
      deadLetters,
      ruleSets,
      settings,
      input: mqttInput,
      problems: () =>
        [diskProblemNow(), ...recovery.problems, configWatch?.problem, registerWatch?.problem].filter(
          (line) => line !== undefined,
        ),
      cameras: () => vision?.cameras(),
    });

    const configWatch =
      options.configFile &&
      watchConfig({
        ...options.configFile,
        running: config,
        settings,
        ruleSets,
        clock,
        log: log.child({ component: 'config' }),
      });
    stops.push(() => configWatch?.stop());
    stops.push(() => settings.stop());

    relay =
      config.hub &&
      createRelay({
        hub: config.hub,
        gatewayId,
        clock,
        log: log.child({ component: 'relay' }),
        random: options.random,
        createSender: (transmit) =>
          createSender({
            outbox,
            clock,
            gatewayId,
            epoch: store.epoch,
            limits: hot.outbox,
            transmit,
            readFile: evidence.read,
          }),
        heartbeat,
        onHubTime: hubClock.heard,
        async onAck(ack) {
          if (ack.epoch === store.epoch) await steps.run((work) => takeAck(ack, { outbox, deadLetters, clock }, work));
        },
        onMissing: (lane, stored) => void keeping.resendFrom(lane, stored + 1),
        onDownlink: (downlink) =>
          carryOut(downlink, {
            folder,
            hubClock,
            store,
            steps,
            commands,
            applyFacts,
            setRegistry,
            ruleSets,
            settings,
            setNoise({ windows, inhibitions }, work) {
              alarm(engine.setWindows(windows, clock.now()), alarmTools, work);
              alarm(engine.setInhibitions(inhibitions, clock.now()), alarmTools, work);
            },
            resend: keeping.resend,
          }),
      });
    const keeping = createHousekeeping({
      store,
      outbox,
      steps,
      clock,
      log: log.child({ component: 'outbox' }),
      newId,
      limits: hot.outbox,
      dataDir: config.dataDir,
      isUnderWay: (lane, seq) => relay?.sender.isUnderWay(lane, seq) ?? false,
      deviceOfAlarm: (alarmId) => book.get(alarmId)?.alarm.deviceId,
      removeFile: (name) => void evidence.remove(name),
    });
    keeping.start();
    stops.push(() => keeping.stop());
    const forgetting = clock.every(HOUR_MS, () => {
      void steps.run((work) => book.forget(clock.now() - ALARM_KEEP_DAYS * 24 * HOUR_MS, work));
    });
    stops.push(() => forgetting.cancel());
    if (relay) {
      outbox.onSendable = () => relay.sender.pump();
      await relay.start();
      stops.push(() => relay.stop());
    }

    if (config.opcua.enabled) {
      const starting = startOpcUaLater({
        config: config.opcua,
        gateway: config.gateway,
        dataDir: config.dataDir,
        version: options.version,
        kinds,
        devices,
        book,
        log: log.child({ component: 'opcua' }),
      });
      void starting.then((server) => {
        opcua = server;
      });
      stops.push(async () => (await starting)?.stop());
    }

    const panel = config.panel.enabled
      ? await startPanel({
          config: config.panel,
          log: log.child({ component: 'panel' }),
          clock,
          gateway: config.gateway,
          book,
          devices,
          deadLetters,
          outbox,
          act,
          heartbeat,
          input: mqttInput,
          pipeline: pipeline.stats,
          diskProblem: diskProblemNow,
          relay,
          hubClock,
        })
      : undefined;
    if (panel) stops.push(() => panel.stop());
    return { devicePort: mqttInput.port, panelPort: panel?.port, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
