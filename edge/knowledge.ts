/**
 * What a gateway knows and decides by: devices, rules, alarms, settings, the hub's clock, open commands.
 * In: what the files say, later what the hub, people and the configuration say. Out: one state that
 * pipeline, panel and relay share; every change of it is a step that is committed.
 */
import { type AlarmAction, type AlarmFact, decideAlarm } from '../core/alarm.ts';
import { type RegisteredDevice, TAKE_PICTURE } from '../core/device.ts';
import { AppError } from '../core/errors.ts';
import { openAlarmBook } from './alarm-book.ts';
import { createAlarmEngine, loadRuleTypes } from './alarms/engine.ts';
import { createCommands } from './commands.ts';
import { openDeadLetters } from './dead-letters.ts';
import { openDeviceStates } from './device-states.ts';
import type { GatewayOptions, LaterParts } from './gateway-options.ts';
import type { Ground } from './ground.ts';
import { openHubClock } from './hub-clock.ts';
import type { Work } from './outbox/work.ts';
import { readRegistryFile } from './registry-file.ts';
import { openRuleSets } from './rule-sets.ts';
import { openSettings } from './settings.ts';
import { addFacts, alarm } from './stages/alarm.ts';
import type { Registry } from './store.ts';

export type Knowledge = Awaited<ReturnType<typeof openKnowledge>>;

export async function openKnowledge(options: GatewayOptions, { store, steps, kinds }: Ground, later: LaterParts) {
  const { config, clock, log, newId } = options;
  const { id: gatewayId, communityId } = config.gateway;
  const settings = openSettings({
    file: config,
    store,
    steps,
    clock,
    log: log.child({ component: 'settings' }),
    onLimits: (limits) => later.input?.setLimits(limits),
  });
  await settings.begin();
  const book = openAlarmBook(store, kinds);
  const devices = openDeviceStates({ store, kinds, startedAt: clock.now() });
  const deadLetters = openDeadLetters({ store, communityId, limits: settings.current.deadLetters });
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
    send(deviceId, command) {
      // A camera takes no command: what looks at its pictures answers for it.
      if (command.name === TAKE_PICTURE && later.vision) later.vision.takePicture(deviceId, command.id);
      else later.input?.sendCommand(deviceId, JSON.stringify(command));
    },
  });
  const hubClock = openHubClock({
    store,
    steps,
    clock,
    onChange(aheadMs) {
      engine.setClockSkew(aheadMs);
      later.input?.setClockAhead(aheadMs);
    },
  });
  const alarmTools = { book, store, onCommands: commands.takeLocal };

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

  /** The file serves until the hub has sent its register, which counts from then on. */
  function isFileInUse(): boolean {
    return store.registry().version === 0;
  }

  function setRules(overrides: Parameters<typeof engine.setRules>[0]): void {
    for (const problem of engine.setRules(overrides).problems) log.error({ problem }, 'a rule cannot run');
  }

  function setRegistry(next: Registry): void {
    devices.setRegistry(next.devices);
    engine.setDevices(next.devices);
    later.input?.setRegistry(next.devices);
    later.vision?.setDevices(next.devices);
    later.opcua?.setDevices(next.devices);
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
      applyFacts([{ id: newId(), alarmId, at: clock.now(), ...engine.said(), author, body: decision.body }], work);
    });
  }

  return {
    settings,
    book,
    devices,
    deadLetters,
    engine,
    ruleSets,
    commands,
    hubClock,
    alarmTools,
    isFileInUse,
    setRegistry,
    takeFileDevices,
    applyFacts,
    act,
  };
}
