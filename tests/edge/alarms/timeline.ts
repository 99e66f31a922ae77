/**
 * The scenario language of alarm tests: a story of what devices said at which second, and what the
 * guard must have seen when. It runs the real engine on a manual clock, twice: once straight
 * through, and once with the engine thrown away and made anew from what it persisted before every
 * single step, so that every timer is crossed by a restart. Both must tell the same facts.
 */
import { expect } from 'vitest';
import { type Alarm, type AlarmFact, foldAlarm } from '../../../core/alarm.ts';
import type { Device, DeviceKind, Location } from '../../../core/device.ts';
import type { RuleOverride } from '../../../core/effective-rules.ts';
import type { Inhibition } from '../../../core/inhibition.ts';
import type { MuteWindow } from '../../../core/mute-window.ts';
import type { Liveness, Observation, Quality, Value } from '../../../core/reading.ts';
import type { RuleSpec } from '../../../core/rule.ts';
import { type AlarmEngine, type Changes, createAlarmEngine, loadRuleTypes } from '../../../edge/alarms/engine.ts';

/** 2026-03-02 08:00 in Shanghai, a Monday. */
export const START_AT = Date.UTC(2026, 2, 2, 0, 0, 0);

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 };

/** A span like `90s`, `1m30s`, `2h`, in ms. */
export function span(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) throw new Error(`no span: ${text}`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit as string] as number), 0);
}

/** The instant this long after the story began. */
export const at = (text: string): number => START_AT + span(text);
export const between = (from: string, to: string): [number, number] => [at(from), at(to)];

export function device(id: string, kind: string, location: Location = {}): Device {
  return { id, kind, communityId: 'jinxiu', gatewayId: 'gw-1', name: id, location };
}

export function rule(spec: Partial<RuleSpec> & Pick<RuleSpec, 'id' | 'type' | 'with'>): RuleSpec {
  return { severity: 'major', title: { zh: spec.id, en: spec.id }, ...spec };
}

export function kindOf(rules: RuleSpec[]): DeviceKind {
  return { rules } as unknown as DeviceKind;
}

type Step = { at: number; run: (engine: AlarmEngine, told: AlarmFact[]) => Changes };

const ruleTypes = await loadRuleTypes();

export interface World {
  devices: Device[];
  /** Key: kind id. */
  rules: Record<string, RuleSpec[]>;
  overrides?: RuleOverride[];
  /** False for what the engine rightly knows in memory only. */
  restarts?: boolean;
}

export class Timeline {
  readonly world: World;
  readonly #steps: Step[] = [];
  #facts: AlarmFact[] | undefined;

  constructor(world: World) {
    this.world = { overrides: [], ...world };
  }

  #device(id: string): Device {
    const found = this.world.devices.find((one) => one.id === id);
    if (!found) throw new Error(`no such device: ${id}`);
    return found;
  }

  #push(step: Step): this {
    this.#steps.push(step);
    this.#facts = undefined;
    return this;
  }

  /** A telemetry message; `measuredAt` and `quality` for what comes late or out of order. */
  says(
    when: number,
    id: string,
    values: Record<string, Value>,
    more: { measuredAt?: number; quality?: Quality } = {},
  ): this {
    const { kind, communityId } = this.#device(id);
    const observation: Observation = {
      deviceId: id,
      kind,
      communityId,
      at: more.measuredAt ?? when,
      receivedAt: when,
      quality: more.quality ?? 'good',
      channel: 'telemetry',
      values,
    };
    return this.#push({ at: when, run: (engine) => engine.observe(observation) });
  }

  calls(
    when: number,
    id: string,
    type: string,
    fields: Record<string, unknown> = {},
    more: { measuredAt?: number; quality?: Quality } = {},
  ): this {
    const { kind, communityId } = this.#device(id);
    const observation: Observation = {
      deviceId: id,
      kind,
      communityId,
      at: more.measuredAt ?? when,
      receivedAt: when,
      quality: more.quality ?? 'good',
      channel: 'event',
      type,
      fields,
    };
    return this.#push({ at: when, run: (engine) => engine.observe(observation) });
  }

  is(when: number, id: string, liveness: Liveness): this {
    return this.#push({ at: when, run: (engine) => engine.liveness(id, liveness, when) });
  }

  /** The planned times of silence from then on. */
  windows(when: number, ...windows: MuteWindow[]): this {
    return this.until(when).#push({ at: when, run: (engine) => engine.setWindows(windows, when) });
  }

  /** The whole list of which alarms mute which, from then on. */
  inhibitions(when: number, ...inhibitions: Inhibition[]): this {
    return this.until(when).#push({ at: when, run: (engine) => engine.setInhibitions(inhibitions, when) });
  }

  /** A person's (or the system's) fact about the latest alarm of a rule. */
  people(
    when: number,
    of: { rule: string; device?: string },
    body: AlarmFact['body'],
    id = `p${this.#steps.length}`,
  ): this {
    return this.#push({
      at: when,
      run(engine, told) {
        const raise = told.findLast(
          ({ body: said }) =>
            said.type === 'raised' && said.rule === of.rule && (!of.device || said.deviceId === of.device),
        );
        if (!raise) throw new Error(`no alarm of ${of.rule} to speak about`);
        const fact: AlarmFact = {
          id,
          alarmId: raise.alarmId,
          at: when,
          origin: { type: 'hub', id: 'hub' },
          author: { type: 'person', id: 'guard' },
          body,
        };
        told.push(fact);
        return engine.apply([fact]);
      },
    });
  }

  /** Any other call of the engine. */
  does(when: number, run: (engine: AlarmEngine) => Changes): this {
    return this.#push({ at: when, run });
  }

  /** Changes the world from then on. */
  changes(when: number, change: (world: World) => void): this {
    return this.#push({
      at: when,
      run: (engine) => {
        change(this.world);
        setUp(engine, this.world);
        return engine.tick(when);
      },
    });
  }

  /** Lets time pass. */
  until(when: number): this {
    return this.#push({ at: when, run: (engine) => engine.tick(when) });
  }

  /** Every fact in the order it was told; runs the story on first use. */
  facts(): AlarmFact[] {
    if (this.#facts) return this.#facts;
    const world = structuredClone(this.world);
    const straight = this.#run({ restarts: false });
    Object.assign(this.world, structuredClone(world));
    const restarted = this.#run({ restarts: this.world.restarts ?? true });
    Object.assign(this.world, world);
    expect(restarted, 'a restart before every step changes nothing').toEqual(straight);
    this.#facts = straight;
    return straight;
  }

  /** The alarms at the end, or as they were at an instant. */
  alarms(when = Number.POSITIVE_INFINITY): Alarm[] {
    const byAlarm = Map.groupBy(
      this.facts().filter((fact) => fact.at <= when),
      (fact) => fact.alarmId,
    );
    return [...byAlarm.values()].map((facts) => foldAlarm(facts)).filter((alarm) => alarm !== undefined);
  }

  alarm(of: { rule: string; device?: string }, when?: number): Alarm | undefined {
    return this.alarms(when).findLast((one) => one.rule === of.rule && (!of.device || one.deviceId === of.device));
  }

  of<T extends AlarmFact['body']['type']>(type: T, ruleId?: string) {
    const ids = new Set(
      this.facts().flatMap((f) => (f.body.type === 'raised' && f.body.rule === ruleId ? [f.alarmId] : [])),
    );
    return this.facts().filter(
      (fact) => fact.body.type === type && (!ruleId || ids.has(fact.alarmId)),
    ) as (AlarmFact & {
      body: Extract<AlarmFact['body'], { type: T }>;
    })[];
  }

  /** A raise of this rule within the span. */
  expectAlarm([from, to]: [number, number], of: { rule: string; device?: string; severity?: string }): this {
    const raises = this.of('raised', of.rule).filter(({ body }) => !of.device || body.deviceId === of.device);
    const times = raises.map((fact) => (fact.at - START_AT) / 1_000);
    const hit = raises.find((fact) => fact.at >= from && fact.at <= to);
    expect(hit, `${of.rule} raised between, but it was at ${times.join(', ') || 'no time'} s`).toBeDefined();
    if (of.severity) expect(hit?.body.severity).toBe(of.severity);
    return this;
  }

  expectClear([from, to]: [number, number], of: { rule: string; reason?: string }): this {
    const clears = this.of('cleared', of.rule);
    const times = clears.map((fact) => (fact.at - START_AT) / 1_000);
    const hit = clears.find((fact) => fact.at >= from && fact.at <= to);
    expect(hit, `${of.rule} cleared between, but it was at ${times.join(', ') || 'no time'} s`).toBeDefined();
    if (of.reason) expect(hit?.body.reason).toBe(of.reason);
    return this;
  }

  expectNone(of: { rule: string }): this {
    expect(this.of('raised', of.rule).map((fact) => (fact.at - START_AT) / 1_000)).toEqual([]);
    return this;
  }

  #run({ restarts }: { restarts: boolean }): AlarmFact[] {
    const told: AlarmFact[] = [];
    const kept = new Map<string, unknown>();
    let ids = 0;
    const make = () => {
      const engine = createAlarmEngine({
        gatewayId: 'gw-1',
        communityId: 'jinxiu',
        kinds: new Map(Object.entries(this.world.rules).map(([id, rules]) => [id, kindOf(rules)])),
        ruleTypes,
        newId: () => `a${ids++}`,
      });
      // What is persisted goes through JSON, as in a store.
      engine.restore(JSON.parse(JSON.stringify([...kept])) as [string, unknown][], openFacts(told));
      setUp(engine, this.world);
      return engine;
    };
    let engine = make();
    const keep = (changes: Changes) => {
      told.push(...changes.facts);
      for (const [key, value] of changes.state) {
        if (value === undefined) kept.delete(key);
        else kept.set(key, structuredClone(value));
      }
    };
    keep(engine.tick(START_AT));
    for (const step of this.#steps) {
      // Timers run when they are due, not when the next message comes.
      for (let due = engine.nextDueAt(); due !== undefined && due < step.at; due = engine.nextDueAt()) {
        if (restarts) engine = make();
        keep(engine.tick(Math.max(due, START_AT)));
      }
      if (restarts) engine = make();
      keep(step.run(engine, told));
    }
    return told;
  }
}

function setUp(engine: AlarmEngine, world: World): void {
  engine.setDevices(world.devices);
  const { problems } = engine.setRules(world.overrides ?? []);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function openFacts(facts: AlarmFact[]): AlarmFact[] {
  const byAlarm = Map.groupBy(facts, (fact) => fact.alarmId);
  return [...byAlarm.values()].filter((some) => foldAlarm(some)?.state !== 'normal').flat();
}
