/**
 * Runs rules: keeps their states and due times, asks those that care, and hands verdicts to the
 * slots. State belongs to its key, not to the object that runs: register and rules may change at
 * any time, and a restart goes on where it was.
 */
import type { Evidence } from '../../core/alarm.ts';
import type { Device, DeviceKind } from '../../core/device.ts';
import { indexOverrides, type RuleOverride } from '../../core/effective-rules.ts';
import type { Liveness, Observation } from '../../core/reading.ts';
import type { Changes } from './changes.ts';
import { type Binding, type Bound, bind, type Instance } from './instances.ts';
import { causeOf } from './params.ts';
import { placeOf } from './places.ts';
import type { RuleInput } from './rule-type.ts';
import type { CompiledRule, RuleTypes } from './rule-types.ts';
import type { Slots } from './slots.ts';

/** The persisted form of a rule's state. */
interface KeptState {
  state?: unknown;
  dueAt?: number;
  fingerprint: string;
}

export interface RunnerParts {
  kinds: ReadonlyMap<string, DeviceKind>;
  ruleTypes: RuleTypes;
  slots: Slots;
  /** Sets or cancels the due time of an instance. */
  timer(key: string, at: number | undefined): void;
}

export class RuleRunner {
  readonly #parts: RunnerParts;
  /** Key: instance key. Every state that is persisted, bound to an instance or not. */
  readonly #kept = new Map<string, KeptState>();
  /**
   * Key: device id. Measured time of its newest telemetry, to tell what it overtook on the way. In
   * memory only: a write for every message would cost more than one reordered message at a restart.
   */
  readonly #measuredAt = new Map<string, number>();
  #devices: Device[] | undefined;
  #overrides: RuleOverride[] = [];
  #binding: Binding = { devices: new Map(), instances: new Map(), problems: [] };
  /** Instances that have not been told to start. */
  #starting: Instance[] = [];
  /** The register or the rules changed: alarms whose rule is gone must be ended. */
  #isSwept = true;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  restore(key: string, value: unknown): void {
    this.#kept.set(key, value as KeptState);
  }

  set(world: { devices?: Iterable<Device>; overrides?: RuleOverride[] }): string[] {
    if (world.devices) this.#devices = [...world.devices];
    if (world.overrides) this.#overrides = world.overrides;
    this.#rebind();
    return this.#binding.problems;
  }

  get isUnsettled(): boolean {
    return this.#starting.length > 0 || !this.#isSwept;
  }

  device(deviceId: string): Device | undefined {
    return this.#binding.devices.get(deviceId)?.device;
  }

  /** The rule behind an alarm slot. */
  specOf(slotKey: string): CompiledRule['spec'] | undefined {
    return this.#binding.instances.get(`rule/${slotKey.slice('alarm/'.length)}`)?.rule.spec;
  }

  observe(observation: Observation, now: number, changes: Changes): void {
    const bound = this.#binding.devices.get(observation.deviceId);
    if (!bound) return;
    if (observation.quality === 'late' || this.#isOvertaken(observation)) {
      this.#keepLate(observation, bound, changes);
      return;
    }
    const input: RuleInput = { type: 'observation', at: now, observation, device: bound.device };
    for (const instance of bound.instances)
      if (concerns(instance.rule, observation)) this.#evaluate(instance, input, changes);
  }

  liveness(deviceId: string, liveness: Liveness, now: number, changes: Changes): void {
    const bound = this.#binding.devices.get(deviceId);
    if (!bound) return;
    const input: RuleInput = { type: 'liveness', at: now, liveness, device: bound.device };
    for (const instance of bound.instances) if (instance.rule.liveness) this.#evaluate(instance, input, changes);
  }

  due(key: string, at: number, resumedAt: number | undefined, changes: Changes): void {
    const instance = this.#binding.instances.get(key);
    if (!instance) return;
    this.#evaluate(instance, { type: 'due', at, ...(resumedAt === undefined ? {} : { resumedAt }) }, changes);
  }

  /** Tells rules that are fresh to start, and ends alarms and states whose rule or device is gone. */
  settle(now: number, changes: Changes): void {
    const starting = this.#starting;
    this.#starting = [];
    for (const instance of starting) {
      const { active, device } = instance;
      this.#evaluate(instance, { type: 'start', at: now, active, device }, changes);
    }
    if (!this.#isSwept) this.#sweep(now, changes);
  }

  #evaluate(instance: Instance, input: RuleInput, changes: Changes): void {
    const { rule } = instance;
    const { slots } = this.#parts;
    const evaluation = rule.type.evaluate(input, instance.state, rule.params, instance);
    const { state, verdict } = evaluation;
    // A rule that asks again for the instant it was just given would hold the gateway in a loop.
    const isStuck = input.type === 'due' && evaluation.dueAt !== undefined && evaluation.dueAt <= input.at;
    const dueAt = isStuck ? input.at + 1_000 : evaluation.dueAt;
    if (state !== instance.state || dueAt !== instance.dueAt) this.#keep(instance, state, dueAt, changes);
    if (!verdict || (verdict.type === 'clear' && !instance.active)) return;
    const device = rule.place === undefined || !('device' in input) ? instance.device : input.device;
    const wasActive = instance.active;
    slots.apply({ slotKey: instance.slotKey, spec: rule.spec, device }, verdict, input.at, changes);
    instance.active = verdict.type === 'active';
    if (instance.active && !wasActive && rule.commands.length > 0) this.#command(instance, device, input.at, changes);
    if (verdict.type === 'active' && input.type === 'observation')
      this.#keepEvidence(instance, input.observation, { at: input.at, late: false }, changes);
  }

  /** A raise that is muted, by a fire test for one, moves nothing. */
  #command(instance: Instance, device: Device, at: number, changes: Changes): void {
    const { slots } = this.#parts;
    const alarmId = slots.get(instance.slotKey)?.alarmId ?? '';
    if (slots.alarm(alarmId)?.state === 'suppressed') return;
    for (const { kind, device: only, place, name, args, withinMs } of instance.rule.commands) {
      const here = placeOf(device, place);
      for (const { device: other } of this.#binding.devices.values()) {
        if ((kind && other.kind !== kind) || (only && other.id !== only)) continue;
        // A device that is named need not stand in the same place: the siren hangs at the gate.
        if (!only && (here === undefined || placeOf(other, place) !== here)) continue;
        changes.commands.push({ deviceId: other.id, name, args, deadlineAt: at + withinMs, alarmId });
      }
    }
  }

  #keep(instance: Instance, state: unknown, dueAt: number | undefined, changes: Changes): void {
    instance.state = state;
    if (dueAt !== instance.dueAt) {
      instance.dueAt = dueAt;
      this.#parts.timer(instance.key, dueAt);
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

  #keepEvidence(
    instance: Instance,
    observation: Observation,
    { at, late }: { at: number; late: boolean },
    changes: Changes,
  ): void {
    if (observation.channel !== 'event' || !Array.isArray(observation.fields.evidence)) return;
    const slot = this.#parts.slots.get(instance.slotKey);
    if (!slot) return;
    const evidence = observation.fields.evidence as Evidence[];
    this.#parts.slots.evidence(slot.alarmId, evidence, at, { rule: instance.rule.spec.id, late }, changes);
  }

  /** A late word never raises, clears or repeats: if it would have raised, the history says so. */
  #keepLate(observation: Observation, { instances }: Bound, changes: Changes): void {
    for (const instance of instances) {
      if (instance.rule.place !== undefined || !concerns(instance.rule, observation)) continue;
      const { device, members, rule, slotKey } = instance;
      const input: RuleInput = { type: 'observation', at: observation.at, observation, device };
      const { verdict } = rule.type.evaluate(input, undefined, rule.params, { device, members, active: false });
      if (verdict?.type !== 'active') continue;
      const cause = verdict.cause ?? causeOf(observation);
      this.#parts.slots.late({ slotKey, spec: rule.spec, device }, cause, observation.at, changes);
      this.#keepEvidence(instance, observation, { at: observation.at, late: true }, changes);
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

  #sweep(now: number, changes: Changes): void {
    this.#isSwept = true;
    const { devices, instances } = this.#binding;
    const owners = new Set([...instances.values()].map((instance) => instance.slotKey));
    this.#parts.slots.adoptRest();
    for (const [slotKey] of [...this.#parts.slots.entries()]) {
      if (owners.has(slotKey)) continue;
      const owner = slotKey.split('/').slice(2).join('/');
      const isKnown = owner.startsWith('@') || devices.has(owner);
      this.#parts.slots.abandon(slotKey, isKnown ? 'rule-removed' : 'device-removed', now, changes);
    }
    for (const key of this.#kept.keys()) {
      if (instances.has(key)) continue;
      this.#kept.delete(key);
      this.#parts.timer(key, undefined);
      changes.state.set(key, undefined);
    }
  }

  #rebind(): void {
    if (!this.#devices) return;
    const before = this.#binding.instances;
    const waiting = new Set(this.#starting.map((instance) => instance.key));
    this.#binding = bind({
      devices: this.#devices,
      kinds: this.#parts.kinds,
      overrides: indexOverrides(this.#overrides),
      types: this.#parts.ruleTypes,
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
      this.#parts.slots.adopt(instance.slotKey, instance.rule.spec.id, instance.members);
      instance.active = this.#parts.slots.isActive(instance.slotKey);
      if (kept || known) this.#parts.timer(instance.key, instance.dueAt);
      if (!fits && known?.rule.fingerprint !== instance.rule.fingerprint) this.#starting.push(instance);
    }
    this.#isSwept = false;
  }
}

function concerns(rule: CompiledRule, observation: Observation): boolean {
  if (observation.channel === 'event') return rule.allEvents || rule.events.has(observation.type);
  if (rule.allFields) return true;
  for (const field of rule.fields) if (observation.values[field] !== undefined) return true;
  return false;
}
