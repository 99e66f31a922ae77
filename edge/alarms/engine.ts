/**
 * The alarm engine of a gateway: what devices say goes in, alarm facts come out. Synchronous, no
 * I/O, no clock: time arrives with what is handed in. Every call returns the changes that the
 * caller persists in one transaction; handing state and facts back to `restore` continues exactly
 * there, timers included, because their due times are part of the state.
 */
import { type Alarm, type AlarmFact, type Evidence, expiryOf, type FactOf } from '../../core/alarm.ts';
import type { Device, DeviceKind } from '../../core/device.ts';
import { indexOverrides, type RuleOverride } from '../../core/effective-rules.ts';
import { DEFAULT_INHIBITIONS, type Inhibition } from '../../core/inhibition.ts';
import type { MuteWindow } from '../../core/mute-window.ts';
import type { Liveness, Observation } from '../../core/reading.ts';
import { type Changes, newChanges } from './changes.ts';
import { type Binding, bind, type Instance } from './instances.ts';
import { Noise } from './noise.ts';
import { causeOf } from './params.ts';
import type { RuleInput } from './rule-type.ts';
import { type CompiledRule, loadRuleTypes, type RuleTypes } from './rule-types.ts';
import { type SlotState, Slots } from './slots.ts';
import { Timers } from './timers.ts';

export type { Changes, LocalCommand } from './changes.ts';
export type { RuleOverride };
export { loadRuleTypes };

export interface AlarmEngine {
  /** State and facts of alarms that are not over, as persisted. Before the first other call. */
  restore(state: Iterable<[string, unknown]>, facts: Iterable<AlarmFact>): void;
  setDevices(devices: Iterable<Device>): void;
  /** Rules that cannot run are left out and named, one line each; the others run. */
  setRules(overrides: RuleOverride[]): { problems: string[] };
  /** In the order of the journal. Time moves to `receivedAt`: what falls due before happens first. */
  /** Planned times of silence, all that are in force or to come; one left out is withdrawn. */
  setWindows(windows: MuteWindow[], at: number): Changes;
  observe(observation: Observation): Changes;
  liveness(deviceId: string, liveness: Liveness, at: number): Changes;
  /** Facts of people, from hub or panel; keeping them is the caller's business. */
  apply(facts: AlarmFact[]): Changes;
  /**
   * Moves time to `now`. Only when everything received before `now` was observed: a timer must not
   * overtake a message that lies in the journal. After a restore, once before devices are let in.
   */
  tick(now: number): Changes;
  /** When `tick` has something to do; the past when it has at once. */
  nextDueAt(): number | undefined;
}

export interface EngineOptions {
  gatewayId: string;
  communityId: string;
  kinds: ReadonlyMap<string, DeviceKind>;
  ruleTypes: RuleTypes;
  newId: () => string;
  inhibitions?: readonly Inhibition[];
}

/** The persisted form of a rule's state. */
interface KeptState {
  state?: unknown;
  dueAt?: number;
  fingerprint: string;
}

/** What a due time is for. */
type Due =
  | { type: 'rule'; key: string }
  | { type: 'flush'; slotKey: string }
  | { type: 'expiry'; fact: AlarmFact }
  | { type: 'noise'; key: string };

/** A due time that a restart comes later than this to was missed while the gateway was down. */
const DOWN_AFTER_MS = 5_000;

export function createAlarmEngine(options: EngineOptions): AlarmEngine {
  return new Engine(options);
}

class Engine implements AlarmEngine {
  readonly #options: EngineOptions;
  readonly #timers = new Timers<Due>();
  readonly #slots: Slots;
  readonly #noise: Noise;
  /** Key: instance key. Every state that is persisted, bound to an instance or not. */
  readonly #kept = new Map<string, KeptState>();
  /** Key: device id. Measured time of its newest telemetry, to tell what overtook it on the way. */
  readonly #measuredAt = new Map<string, number>();
  #devices: Device[] | undefined;
  #overrides: RuleOverride[] = [];
  #binding: Binding = { devices: new Map(), instances: new Map(), problems: [] };
  /** Instances that have not been told to start. */
  #starting: Instance[] = [];
  /** The register or the rules changed: alarms whose rule is gone must be ended. */
  #swept = true;
  #now = 0;
  #resuming = false;
  /** The noise layer knows again who mutes whom; done once devices are known, before anything happens. */
  #isResumed = true;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#slots = new Slots({
      gatewayId: options.gatewayId,
      newId: options.newId,
      flushAt: (slotKey, at) => {
        if (at === undefined) this.#timers.delete(slotKey);
        else this.#timers.set(slotKey, at, { type: 'flush', slotKey });
      },
      events: {
        raised: (alarm, at, changes) => this.#noise.raised(alarm, at, changes),
        cleared: (alarm, at, changes) => this.#noise.cleared(alarm, at, changes),
        over: (alarmId, changes) => this.#noise.over(alarmId, changes),
      },
    });
    this.#noise = this.#newNoise(options.inhibitions ?? DEFAULT_INHIBITIONS);
  }

  restore(state: Iterable<[string, unknown]>, facts: Iterable<AlarmFact>): void {
    for (const [key, value] of state) {
      if (key.startsWith('rule/')) this.#kept.set(key, value as KeptState);
      else if (key.startsWith('alarm/')) this.#slots.restore(key, value as SlotState);
      else if (key.startsWith('noise/')) this.#noise.restore(key, value);
    }
    for (const fact of facts) this.#take(fact);
    this.#resuming = true;
    this.#isResumed = false;
    this.#rebind();
  }

  setDevices(devices: Iterable<Device>): void {
    this.#devices = [...devices];
    this.#rebind();
  }

  setRules(overrides: RuleOverride[]): { problems: string[] } {
    this.#overrides = overrides;
    this.#rebind();
    return { problems: this.#binding.problems };
  }

  setWindows(windows: MuteWindow[], at: number): Changes {
    const changes = newChanges();
    const now = this.#advance(at, changes);
    this.#noise.setWindows(windows, this.#openAlarms(), now, changes);
    return changes;
  }

  observe(observation: Observation): Changes {
    const changes = newChanges();
    const now = this.#advance(observation.receivedAt, changes);
    const bound = this.#binding.devices.get(observation.deviceId);
    if (!bound) return changes;
    const { device, instances } = bound;
    if (observation.quality === 'late' || this.#isOvertaken(observation)) {
      this.#keepLate(observation, instances, now, changes);
      return changes;
    }
    const input: RuleInput = { type: 'observation', at: now, observation, device };
    for (const instance of instances)
      if (concerns(instance.rule, observation)) this.#evaluate(instance, input, changes);
    return changes;
  }

  liveness(deviceId: string, liveness: Liveness, at: number): Changes {
    const changes = newChanges();
    const now = this.#advance(at, changes);
    const bound = this.#binding.devices.get(deviceId);
    if (!bound) return changes;
    const input: RuleInput = { type: 'liveness', at: now, liveness, device: bound.device };
    for (const instance of bound.instances) if (instance.rule.liveness) this.#evaluate(instance, input, changes);
    return changes;
  }

  apply(facts: AlarmFact[]): Changes {
    const changes = newChanges();
    const touched = new Set<string>();
    for (const fact of facts) {
      this.#take(fact);
      touched.add(fact.alarmId);
    }
    for (const alarmId of touched) this.#slots.settle(alarmId, changes);
    return changes;
  }

  tick(now: number): Changes {
    const changes = newChanges();
    this.#advance(now, changes);
    this.#resuming = false;
    return changes;
  }

  nextDueAt(): number | undefined {
    if (this.#starting.length > 0 || !this.#swept) return this.#now;
    return this.#timers.nextAt();
  }

  /** Runs everything that is due up to `to`, each at its own instant, and starts what is to start. */
  #advance(to: number, changes: Changes): number {
    if (!this.#isResumed) {
      this.#isResumed = true;
      for (const alarm of this.#openAlarms()) this.#noise.resume(alarm, this.#slots.raisedAt(alarm.id) ?? alarm.lastAt);
    }
    for (;;) {
      const due = this.#timers.take(to);
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.#run(due.what, due.at, to, changes);
    }
    this.#now = Math.max(this.#now, to);
    if (this.#starting.length > 0) this.#start(changes);
    if (!this.#swept) this.#sweep(changes);
    return this.#now;
  }

  #run(due: Due, at: number, now: number, changes: Changes): void {
    switch (due.type) {
      case 'rule': {
        const instance = this.#binding.instances.get(due.key);
        if (!instance) return;
        instance.dueAt = undefined;
        const wasDown = this.#resuming && now - at > DOWN_AFTER_MS;
        const input: RuleInput = { type: 'due', at, ...(wasDown ? { resumedAt: now } : {}) };
        this.#evaluate(instance, input, changes);
        return;
      }
      case 'flush':
        this.#slots.flush(due.slotKey, at, changes);
        return;
      case 'expiry':
        if (this.#isInForce(due.fact)) this.#say(due.fact, changes);
        return;
      case 'noise':
        this.#noise.due(due.key, at, this.#openAlarms(), changes);
        return;
    }
  }

  #evaluate(instance: Instance, input: RuleInput, changes: Changes): void {
    const { rule } = instance;
    const context = {
      device: instance.device,
      members: instance.members,
      active: this.#slots.isActive(instance.slotKey),
    };
    const evaluation = rule.type.evaluate(input, instance.state, rule.params, context);
    const { state, verdict } = evaluation;
    // A rule that asks again for the instant it was just given would hold the gateway in a loop.
    const stuck = input.type === 'due' && evaluation.dueAt !== undefined && evaluation.dueAt <= input.at;
    const dueAt = stuck ? input.at + 1_000 : evaluation.dueAt;
    if (state !== instance.state || dueAt !== instance.dueAt) this.#keep(instance, state, dueAt, changes);
    if (!verdict || (verdict.type === 'clear' && !context.active)) return;
    const device = rule.place === undefined || !('device' in input) ? instance.device : input.device;
    const owner = { slotKey: instance.slotKey, spec: rule.spec, device };
    this.#slots.apply(owner, verdict, input.at, changes);
    if (verdict.type === 'active' && input.type === 'observation')
      this.#keepEvidence(instance, input.observation, false, changes);
  }

  #keep(instance: Instance, state: unknown, dueAt: number | undefined, changes: Changes): void {
    instance.state = state;
    if (dueAt !== instance.dueAt) {
      instance.dueAt = dueAt;
      if (dueAt === undefined) this.#timers.delete(instance.key);
      else this.#timers.set(instance.key, dueAt, { type: 'rule', key: instance.key });
    }
    if (state === undefined && dueAt === undefined) {
      if (this.#kept.delete(instance.key)) changes.state.set(instance.key, undefined);
      return;
    }
    const kept: KeptState = { fingerprint: instance.rule.fingerprint };
    if (state !== undefined) kept.state = state;
    if (dueAt !== undefined) kept.dueAt = dueAt;
    this.#kept.set(instance.key, kept);
    changes.state.set(instance.key, kept);
  }

  #keepEvidence(instance: Instance, observation: Observation, late: boolean, changes: Changes): void {
    if (observation.channel !== 'event' || !Array.isArray(observation.fields.evidence)) return;
    const slot = this.#slots.get(instance.slotKey);
    if (!slot) return;
    const evidence = observation.fields.evidence as Evidence[];
    this.#slots.evidence(slot.alarmId, evidence, this.#now, { rule: instance.rule.spec.id, late }, changes);
  }

  /** A late word never raises, clears or repeats: if it would have raised, the history says so. */
  #keepLate(observation: Observation, instances: Instance[], now: number, changes: Changes): void {
    for (const instance of instances) {
      if (instance.rule.place !== undefined || !concerns(instance.rule, observation)) continue;
      const { device, members, rule, slotKey } = instance;
      const input: RuleInput = { type: 'observation', at: observation.at, observation, device };
      const { verdict } = rule.type.evaluate(input, undefined, rule.params, { device, members, active: false });
      if (verdict?.type !== 'active') continue;
      const times = { measuredAt: observation.at, now };
      const cause = verdict.cause ?? causeOf(observation);
      this.#slots.late({ slotKey, spec: rule.spec, device }, cause, times, changes);
      this.#keepEvidence(instance, observation, true, changes);
    }
  }

  /** Telemetry that a newer one of the same device overtook describes what is no longer so. */
  #isOvertaken(observation: Observation): boolean {
    if (observation.channel !== 'telemetry') return false;
    const newest = this.#measuredAt.get(observation.deviceId);
    if (newest !== undefined && observation.at < newest) return true;
    // A device whose clock runs ahead must not make its next, corrected words look old.
    this.#measuredAt.set(observation.deviceId, Math.min(observation.at, observation.receivedAt));
    return false;
  }

  #take(fact: AlarmFact): void {
    if (this.#slots.take(fact) && !fact.late) this.#watchExpiry(fact);
  }

  /** States a fact of the engine itself. */
  #say(fact: AlarmFact, changes: Changes): void {
    this.#slots.say(fact, changes);
    this.#watchExpiry(fact);
    this.#slots.settle(fact.alarmId, changes);
  }

  /** Whether what this expiry ends is still what holds: it may have been ended or prolonged meanwhile. */
  #isInForce({ alarmId, at, body }: AlarmFact): boolean {
    const alarm = this.#slots.alarm(alarmId);
    if (body.type === 'unshelved') return alarm?.shelvedUntilAt === at;
    if (body.type === 'in-service') return alarm?.outOfServiceUntilAt === at;
    const { by } = body as FactOf<'unsuppressed'>['body'];
    return alarm?.suppressedBy.some((one) => one.by === by && one.untilAt === at) ?? false;
  }

  #watchExpiry(fact: AlarmFact): void {
    const expiry = expiryOf(fact);
    if (!expiry) return;
    const { gatewayId } = this.#options;
    const stated: AlarmFact = {
      ...expiry,
      alarmId: fact.alarmId,
      origin: { type: 'gateway', id: gatewayId },
      author: { type: 'system', id: 'expiry' },
    };
    this.#timers.set(`expiry/${stated.id}`, stated.at, { type: 'expiry', fact: stated });
  }

  *#openAlarms(): Iterable<Alarm> {
    for (const alarmId of [...this.#slots.open.keys()]) {
      const alarm = this.#slots.alarm(alarmId);
      if (alarm) yield alarm;
    }
  }

  #newNoise(inhibitions: readonly Inhibition[]): Noise {
    const { gatewayId, newId } = this.#options;
    return new Noise(
      {
        alarm: (alarmId) => this.#slots.alarm(alarmId),
        device: (deviceId) => this.#binding.devices.get(deviceId)?.device,
        spec: (alarm) => {
          const slotKey = this.#slots.open.get(alarm.id)?.slotKey;
          return slotKey === undefined
            ? undefined
            : this.#binding.instances.get(`rule/${slotKey.slice('alarm/'.length)}`)?.rule.spec;
        },
        say: ({ alarmId, at, author, body }, changes) => {
          const origin = { type: 'gateway' as const, id: gatewayId };
          this.#say({ id: newId(), alarmId, at, origin, author: { type: 'system', id: author }, body }, changes);
        },
        timer: (key, at) => {
          if (at === undefined) this.#timers.delete(key);
          else this.#timers.set(key, at, { type: 'noise', key });
        },
      },
      inhibitions,
    );
  }

  #start(changes: Changes): void {
    const starting = this.#starting;
    this.#starting = [];
    for (const instance of starting) {
      const active = this.#slots.isActive(instance.slotKey);
      this.#evaluate(instance, { type: 'start', at: this.#now, active, device: instance.device }, changes);
    }
  }

  /** Ends alarms and forgets states whose rule or device is gone. */
  #sweep(changes: Changes): void {
    this.#swept = true;
    const owners = new Set([...this.#binding.instances.values()].map((instance) => instance.slotKey));
    for (const [slotKey] of [...this.#slots.entries()]) {
      if (owners.has(slotKey)) continue;
      const owner = slotKey.split('/').slice(2).join('/');
      const isKnown = owner.startsWith('@') || this.#binding.devices.has(owner);
      this.#slots.abandon(slotKey, isKnown ? 'rule-removed' : 'device-removed', this.#now, changes);
    }
    for (const key of this.#kept.keys()) {
      if (this.#binding.instances.has(key)) continue;
      this.#kept.delete(key);
      this.#timers.delete(key);
      changes.state.set(key, undefined);
    }
  }

  #rebind(): void {
    if (!this.#devices) return;
    const { kinds, ruleTypes } = this.#options;
    const before = this.#binding.instances;
    const waiting = new Set(this.#starting.map((instance) => instance.key));
    this.#binding = bind({
      devices: this.#devices,
      kinds,
      overrides: indexOverrides(this.#overrides),
      types: ruleTypes,
    });
    this.#starting = [];
    for (const instance of this.#binding.instances.values()) {
      const known = waiting.has(instance.key) ? undefined : before.get(instance.key);
      const kept = this.#kept.get(instance.key);
      const fits = kept?.fingerprint === instance.rule.fingerprint;
      if (fits) {
        instance.state = kept.state;
        instance.dueAt = kept.dueAt;
      }
      if (instance.dueAt !== undefined)
        this.#timers.set(instance.key, instance.dueAt, { type: 'rule', key: instance.key });
      else this.#timers.delete(instance.key);
      if (!fits && known?.rule.fingerprint !== instance.rule.fingerprint) this.#starting.push(instance);
    }
    this.#swept = false;
  }
}

function concerns(rule: CompiledRule, observation: Observation): boolean {
  if (observation.channel === 'event') return rule.allEvents || rule.events.has(observation.type);
  if (rule.allFields) return true;
  for (const field of rule.fields) if (observation.values[field] !== undefined) return true;
  return false;
}
