/**
 * The alarm engine of a gateway: what devices say goes in, alarm facts come out. Synchronous, no
 * I/O, no clock: time arrives with what is handed in. Every call returns the changes that the
 * caller persists in one transaction; handing state and facts back to `restore` continues exactly
 * there, timers included, because their due times are part of the state.
 */
import { type Alarm, type AlarmFact, expiryOf, type FactOf, hubTimeOf } from '../../core/alarm.ts';
import type { Device, DeviceKind } from '../../core/device.ts';
import type { RuleOverride } from '../../core/effective-rules.ts';
import { DEFAULT_INHIBITIONS, type Inhibition } from '../../core/inhibition.ts';
import type { MuteWindow } from '../../core/mute-window.ts';
import type { Liveness, Observation } from '../../core/reading.ts';
import { type Changes, newChanges } from './changes.ts';
import { Noise } from './noise.ts';
import { RuleRunner } from './rule-runner.ts';
import { loadRuleTypes, type RuleTypes } from './rule-types.ts';
import type { SlotState } from './slot.ts';
import { Slots } from './slots.ts';
import { Timers } from './timers.ts';

export type { Changes, LocalCommand } from './changes.ts';
export { loadRuleTypes };

export interface AlarmEngine {
  /** State and facts of alarms that are not over, as persisted. Before the first other call. */
  restore(state: Iterable<[string, unknown]>, facts: Iterable<AlarmFact>): void;
  setDevices(devices: Iterable<Device>): void;
  /** Rules that cannot run are left out and named, one line each; the others run. */
  setRules(overrides: RuleOverride[]): { problems: string[] };
  /**
   * Planned times of silence, all that are in force or to come; one left out is withdrawn. Moves no
   * timer: messages from before `at` may still lie in the journal.
   */
  setWindows(windows: MuteWindow[], at: number): Changes;
  /** Which alarms mute which, the whole list. */
  setInhibitions(inhibitions: readonly Inhibition[], at: number): Changes;
  /**
   * How far the gateway's clock is ahead of the hub's, ms. The ends that the hub names, of shelves and of
   * times of silence, fall due at its instants; what the engine says carries the skew.
   */
  setClockSkew(aheadMs: number): void;
  /** What every fact of this gateway says of its origin. */
  said(): Pick<AlarmFact, 'origin' | 'skewMs'>;
  /** In the order of the journal. Time moves to `receivedAt`: what falls due before happens first. */
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
  readonly #rules: RuleRunner;
  #now = 0;
  #aheadMs = 0;
  #resuming = false;
  /** The noise layer knows again who mutes whom; done once devices are known, before anything happens. */
  #isResumed = true;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#slots = new Slots({
      gatewayId: options.gatewayId,
      newId: options.newId,
      said: () => this.said(),
      flushAt: (slotKey, at) => this.#setTimer(slotKey, at, { type: 'flush', slotKey }),
      events: {
        raised: (alarm, at, changes) => this.#noise.raised(alarm, at, changes),
        cleared: (alarm, at, changes) => this.#noise.cleared(alarm, at, changes),
        over: (alarmId, changes) => this.#noise.over(alarmId, changes),
      },
    });
    this.#rules = new RuleRunner({
      kinds: options.kinds,
      ruleTypes: options.ruleTypes,
      slots: this.#slots,
      timer: (key, at) => this.#setTimer(key, at, { type: 'rule', key }),
    });
    this.#noise = this.#newNoise(options.inhibitions ?? DEFAULT_INHIBITIONS);
  }

  restore(state: Iterable<[string, unknown]>, facts: Iterable<AlarmFact>): void {
    for (const [key, value] of state) {
      if (key.startsWith('rule/')) this.#rules.restore(key, value);
      else if (key.startsWith('alarm/')) this.#slots.restore(key, value as SlotState);
      else if (key.startsWith('noise/')) this.#noise.restore(key, value);
    }
    for (const fact of facts) {
      if (!this.#slots.take(fact)) this.#slots.takeStray(fact);
      if (!fact.late) this.#watchExpiry(fact);
    }
    this.#resuming = true;
    this.#isResumed = false;
    this.#rules.set({});
  }

  setDevices(devices: Iterable<Device>): void {
    this.#rules.set({ devices });
  }

  setRules(overrides: RuleOverride[]): { problems: string[] } {
    return { problems: this.#rules.set({ overrides }) };
  }

  setWindows(windows: MuteWindow[], at: number): Changes {
    const changes = newChanges();
    this.#noise.setWindows(windows, this.#openAlarms(), Math.max(at, this.#now), changes);
    return changes;
  }

  setInhibitions(inhibitions: readonly Inhibition[], at: number): Changes {
    const changes = newChanges();
    this.#resume();
    this.#noise.setInhibitions(inhibitions, this.#openAlarms(), Math.max(at, this.#now), changes);
    return changes;
  }

  setClockSkew(aheadMs: number): void {
    this.#aheadMs = aheadMs;
    for (const { key, what } of [...this.#timers.entries()])
      if (what.type === 'expiry') this.#timers.set(key, this.#dueAt(what.fact), what);
  }

  observe(observation: Observation): Changes {
    const changes = newChanges();
    this.#rules.observe(observation, this.#advance(observation.receivedAt, changes), changes);
    return changes;
  }

  liveness(deviceId: string, liveness: Liveness, at: number): Changes {
    const changes = newChanges();
    this.#rules.liveness(deviceId, liveness, this.#advance(at, changes), changes);
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
    if (this.#rules.isUnsettled) return this.#now;
    return this.#timers.nextAt();
  }

  /** Runs everything that is due up to `to`, each at its own instant, and starts what is to start. */
  #advance(to: number, changes: Changes): number {
    this.#resume();
    for (;;) {
      const due = this.#timers.take(to);
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      this.#run(due.what, due.at, to, changes);
    }
    this.#now = Math.max(this.#now, to);
    if (this.#rules.isUnsettled) this.#rules.settle(this.#now, changes);
    return this.#now;
  }

  #resume(): void {
    if (this.#isResumed) return;
    this.#isResumed = true;
    for (const alarm of this.#openAlarms()) this.#noise.resume(alarm, this.#slots.raisedAt(alarm.id) ?? alarm.lastAt);
  }

  #run(due: Due, at: number, now: number, changes: Changes): void {
    switch (due.type) {
      case 'rule': {
        const wasDown = this.#resuming && now - at > DOWN_AFTER_MS;
        this.#rules.due(due.key, at, wasDown ? now : undefined, changes);
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
  #isInForce(fact: AlarmFact): boolean {
    const { alarmId, body } = fact;
    const alarm = this.#slots.alarm(alarmId);
    const at = hubTimeOf(fact);
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
    this.#timers.set(`expiry/${stated.id}`, this.#dueAt(stated), { type: 'expiry', fact: stated });
  }

  /** When the fact comes true, by the gateway's own clock, whosever clock it was said by. */
  #dueAt(fact: AlarmFact): number {
    return hubTimeOf(fact) + this.#aheadMs;
  }

  said(): Pick<AlarmFact, 'origin' | 'skewMs'> {
    const origin = { type: 'gateway' as const, id: this.#options.gatewayId };
    return this.#aheadMs === 0 ? { origin } : { origin, skewMs: this.#aheadMs };
  }

  *#openAlarms(): Iterable<Alarm> {
    for (const alarmId of [...this.#slots.open.keys()]) {
      const alarm = this.#slots.alarm(alarmId);
      if (alarm) yield alarm;
    }
  }

  #newNoise(inhibitions: readonly Inhibition[]): Noise {
    const { newId } = this.#options;
    return new Noise(
      {
        alarm: (alarmId) => this.#slots.alarm(alarmId),
        device: (deviceId) => this.#rules.device(deviceId),
        spec: ({ id }) => this.#rules.specOf(this.#slots.open.get(id)?.slotKey ?? ''),
        say: ({ alarmId, at, author, body }, changes) => {
          this.#say(
            { id: newId(), alarmId, at, ...this.said(), author: { type: 'system', id: author }, body },
            changes,
          );
        },
        aheadMs: () => this.#aheadMs,
        timer: (key, at) => this.#setTimer(key, at, { type: 'noise', key }),
      },
      inhibitions,
    );
  }

  #setTimer(key: string, at: number | undefined, what: Due): void {
    if (at === undefined) this.#timers.delete(key);
    else this.#timers.set(key, at, what);
  }
}
