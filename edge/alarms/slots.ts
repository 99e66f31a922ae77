/**
 * Verdicts become facts: one slot per (device, rule), holding its one alarm. In come verdicts, out
 * go raised, updated and cleared facts with the slot's own (activation, step). A cleared alarm that
 * comes again before it is over keeps its id with the next activation; one that is over (normal)
 * gives way to a fresh id. Repeats are counted and told at most once a minute.
 */
import {
  type Alarm,
  type AlarmFact,
  type AlarmFold,
  addFact,
  type Evidence,
  type FactBody,
  newFold,
  readFold,
} from '../../core/alarm.ts';
import type { Severity } from '../../core/rule.ts';
import type { Changes } from './changes.ts';
import type { Cause, Verdict } from './rule-type.ts';
import type { FoldedAlarm, OpenAlarm, SlotOwner, SlotParts, SlotState } from './slot.ts';

/** At most one `updated` fact per alarm in this span, unless the severity changes or an occurrence is completed. */
const UPDATE_EVERY_MS = 60_000;
/** The hub may have facts that were lost here: a step that was said once must not be said again. */
const STEPS_LOST_MAX = 100_000;

export class Slots {
  readonly #parts: SlotParts;
  /** Key: `alarm/<rule>/<device or @place>`. */
  readonly #slots = new Map<string, SlotState>();
  /** Key: alarm id. Alarms that are not over. */
  readonly open = new Map<string, OpenAlarm>();
  /** Key: alarm id. Alarms whose slot was lost with a part of the store; they wait for the owner of one. */
  readonly #strays = new Map<string, FoldedAlarm>();

  constructor(parts: SlotParts) {
    this.#parts = parts;
  }

  get(slotKey: string): SlotState | undefined {
    return this.#slots.get(slotKey);
  }

  entries(): Iterable<[string, SlotState]> {
    return this.#slots;
  }

  isActive(slotKey: string): boolean {
    return this.#slots.get(slotKey)?.active ?? false;
  }

  restore(slotKey: string, slot: SlotState): void {
    this.#slots.set(slotKey, slot);
    if (slot.over) return;
    this.open.set(slot.alarmId, { slotKey, fold: newFold(), alarm: undefined });
    if (slot.unsaid) this.#parts.flushAt(slotKey, slot.saidAt + UPDATE_EVERY_MS);
  }

  /** Takes a fact of an alarm that no slot holds. */
  takeStray(fact: AlarmFact): void {
    const stray = this.#strays.get(fact.alarmId) ?? { fold: newFold(), alarm: undefined };
    this.#strays.set(fact.alarmId, stray);
    addTo(stray, fact);
  }

  /** A slot that was lost goes on from what was said of its alarm, else the same would be raised twice and the first never end. */
  adopt(slotKey: string, rule: string, devices: readonly { id: string }[]): void {
    if (this.#strays.size === 0 || this.#slots.has(slotKey)) return;
    let newest: Alarm | undefined;
    for (const stray of this.#strays.values()) {
      const alarm = alarmIn(stray);
      if (alarm?.rule !== rule || !devices.some(({ id }) => id === alarm.deviceId)) continue;
      if (!newest || alarm.firstAt > newest.firstAt) newest = alarm;
    }
    if (newest) this.#adopt(slotKey, newest);
  }

  /** Nobody owns what is left: each gets a slot of its own device and rule, so that it can be abandoned. */
  adoptRest(): void {
    for (const stray of this.#strays.values()) {
      const alarm = alarmIn(stray);
      const slotKey = `alarm/${alarm?.rule}/${alarm?.deviceId}`;
      if (alarm && !this.#slots.has(slotKey)) this.#adopt(slotKey, alarm);
    }
    this.#strays.clear();
  }

  #adopt(slotKey: string, alarm: Alarm): void {
    const { id, activation, count, severity, state } = alarm;
    const { fold } = this.#strays.get(id) as FoldedAlarm;
    const last = fold.last as NonNullable<AlarmFold['last']>;
    const step = last.body.step + STEPS_LOST_MAX;
    const active = last.body.type !== 'cleared';
    const over = state === 'normal';
    this.#strays.delete(id);
    this.#slots.set(slotKey, { alarmId: id, activation, step, active, over, count, severity, saidAt: last.at });
    if (!over) this.open.set(id, { slotKey, fold, alarm });
  }

  alarm(alarmId: string): Alarm | undefined {
    const open = this.open.get(alarmId);
    return open && alarmIn(open);
  }

  /** When the present activation of an open alarm began. */
  raisedAt(alarmId: string): number | undefined {
    return this.open.get(alarmId)?.fold.raise?.at;
  }

  /** Takes a fact somebody else stated, or one of the engine's own. */
  take(fact: AlarmFact): OpenAlarm | undefined {
    const open = this.open.get(fact.alarmId);
    if (!open) return undefined;
    addTo(open, fact);
    return open;
  }

  /** States a fact of the engine about an open alarm. */
  say(fact: AlarmFact, changes: Changes): void {
    changes.facts.push(fact);
    this.take(fact);
  }

  apply(owner: SlotOwner, verdict: Verdict, at: number, changes: Changes): void {
    const slot = this.#slots.get(owner.slotKey);
    if (verdict.type === 'clear') {
      if (slot?.active)
        this.#clear(owner.slotKey, slot, { author: owner.spec.id, reason: verdict.reason, at }, changes);
    } else if (slot?.active) this.#repeat(owner, slot, verdict, at, changes);
    else this.#raise(owner, slot, verdict, at, changes);
  }

  /** The rule or its device is gone: nothing would ever clear its alarm. */
  abandon(slotKey: string, reason: 'rule-removed' | 'device-removed', at: number, changes: Changes): void {
    const slot = this.#slots.get(slotKey);
    if (!slot) return;
    if (slot.active) this.#clear(slotKey, slot, { author: slotKey.split('/')[1] ?? 'rule', reason, at }, changes);
    if (!this.#slots.get(slotKey)?.over) return;
    this.#slots.delete(slotKey);
    changes.state.set(slotKey, undefined);
  }

  /** Tells the repeats that were held back. */
  flush(slotKey: string, at: number, changes: Changes): void {
    const slot = this.#slots.get(slotKey);
    if (!slot?.active || !slot.unsaid) return;
    const cause = slot.unsaid === true ? undefined : slot.unsaid;
    const { unsaid: _, ...rest } = slot;
    const next = { ...rest, step: slot.step + 1, saidAt: at };
    this.#store(slotKey, next, changes);
    this.#state(slotKey, at, updateBody(next, cause), changes);
  }

  /** After facts about it came in: an alarm that is over leaves memory, and its slot is free. */
  settle(alarmId: string, changes: Changes): void {
    const open = this.open.get(alarmId);
    const slot = open && this.#slots.get(open.slotKey);
    if (!open || !slot || slot.alarmId !== alarmId) return;
    if (this.alarm(alarmId)?.state !== 'normal') return;
    this.open.delete(alarmId);
    this.#parts.flushAt(open.slotKey, undefined);
    this.#store(open.slotKey, { ...slot, over: true }, changes);
    this.#parts.events.over(alarmId, changes);
  }

  evidence(
    alarmId: string,
    evidence: readonly Evidence[],
    at: number,
    options: { rule: string; late: boolean },
    changes: Changes,
  ): void {
    for (const one of evidence)
      this.say(
        {
          id: `${alarmId}.evidence.${one.id}`.slice(0, 100),
          alarmId,
          at,
          ...this.#by(options.rule),
          ...(options.late ? { late: true } : {}),
          body: { type: 'evidence', evidence: one },
        },
        changes,
      );
  }

  /**
   * What was learned only now goes into the history of the slot's last alarm, marked late; it
   * changes nothing. A backlog of repeats is thinned like any other.
   */
  late(owner: SlotOwner, cause: Cause | undefined, measuredAt: number, changes: Changes): void {
    const slot = this.#slots.get(owner.slotKey);
    if (!slot || (slot.lateAt !== undefined && Math.abs(measuredAt - slot.lateAt) < UPDATE_EVERY_MS)) return;
    this.#store(owner.slotKey, { ...slot, lateAt: measuredAt }, changes);
    const { alarmId } = slot;
    const fact: AlarmFact = {
      id: `${alarmId}.late.${measuredAt}`,
      alarmId,
      at: measuredAt,
      ...this.#by(owner.spec.id),
      late: true,
      body: updateBody(slot, cause),
    };
    this.say(fact, changes);
  }

  #raise(
    owner: SlotOwner,
    slot: SlotState | undefined,
    verdict: Extract<Verdict, { type: 'active' }>,
    at: number,
    changes: Changes,
  ): void {
    const { slotKey, spec, device } = owner;
    const again = slot && !slot.over ? slot : undefined;
    const severity = verdict.severity ?? spec.severity;
    const next: SlotState = {
      alarmId: again?.alarmId ?? this.#parts.newId(),
      activation: (again?.activation ?? 0) + 1,
      step: again ? again.step + 1 : 0,
      active: true,
      over: false,
      count: (again?.count ?? 0) + 1,
      severity,
      saidAt: at,
    };
    if (!again) this.open.set(next.alarmId, { slotKey, fold: newFold(), alarm: undefined });
    this.#store(slotKey, next, changes);
    const body: FactBody = {
      type: 'raised',
      activation: next.activation,
      step: next.step,
      communityId: device.communityId,
      gatewayId: this.#parts.gatewayId,
      deviceId: device.id,
      kind: device.kind,
      rule: spec.id,
      severity,
      title: spec.title,
      ...(spec.response ? { response: spec.response } : {}),
      location: device.location,
      lifeSafety: spec.lifeSafety ?? false,
      latch: spec.latch ?? false,
      ...(verdict.cause ? { cause: verdict.cause } : {}),
    };
    this.#state(slotKey, at, body, changes);
    const alarm = this.alarm(next.alarmId);
    if (alarm) this.#parts.events.raised(alarm, at, changes);
  }

  #repeat(
    owner: SlotOwner,
    slot: SlotState,
    verdict: Extract<Verdict, { type: 'active' }>,
    at: number,
    changes: Changes,
  ): void {
    const { slotKey, spec } = owner;
    const severity = verdict.severity ?? spec.severity;
    const count = slot.count + (verdict.occurrence ? 1 : 0);
    const worse = severity !== slot.severity;
    if (!worse && !verdict.occurrence && isSameCause(verdict.cause, this.alarm(slot.alarmId)?.cause)) return;
    if (worse || verdict.isMore || at - slot.saidAt >= UPDATE_EVERY_MS) {
      const { unsaid: _, ...rest } = slot;
      const next = { ...rest, count, severity, step: slot.step + 1, saidAt: at };
      this.#parts.flushAt(slotKey, undefined);
      this.#store(slotKey, next, changes);
      this.#state(slotKey, at, updateBody(next, verdict.cause, worse ? severity : undefined), changes);
      return;
    }
    if (!slot.unsaid) this.#parts.flushAt(slotKey, slot.saidAt + UPDATE_EVERY_MS);
    this.#store(slotKey, { ...slot, count, unsaid: verdict.cause ?? true }, changes);
  }

  #clear(
    slotKey: string,
    slot: SlotState,
    { author, reason, at }: { author: string; reason: Extract<FactBody, { type: 'cleared' }>['reason']; at: number },
    changes: Changes,
  ): void {
    // What was held back is part of the record; it comes before the end.
    if (slot.unsaid) this.flush(slotKey, at, changes);
    this.#parts.flushAt(slotKey, undefined);
    const said = this.#slots.get(slotKey) ?? slot;
    const next = { ...said, active: false, step: said.step + 1, saidAt: at };
    this.#store(slotKey, next, changes);
    this.#state(
      slotKey,
      at,
      { type: 'cleared', activation: next.activation, step: next.step, reason },
      changes,
      author,
    );
    const alarm = this.alarm(next.alarmId);
    if (alarm) this.#parts.events.cleared(alarm, at, changes);
    this.settle(next.alarmId, changes);
  }

  #state(slotKey: string, at: number, body: FactBody, changes: Changes, author?: string): void {
    const slot = this.#slots.get(slotKey) as SlotState;
    const rule = author ?? slotKey.split('/')[1] ?? 'rule';
    // One step, one fact: the id follows from what it says, so the same evaluation makes the same id.
    const id = `${slot.alarmId}.${slot.step}`;
    this.say({ id, alarmId: slot.alarmId, at, ...this.#by(rule), body }, changes);
  }

  #by(rule: string): Pick<AlarmFact, 'origin' | 'skewMs' | 'author'> {
    return { ...this.#parts.said(), author: { type: 'rule', id: rule } };
  }

  #store(slotKey: string, slot: SlotState, changes: Changes): void {
    this.#slots.set(slotKey, slot);
    changes.state.set(slotKey, slot);
  }
}

function addTo(folded: FoldedAlarm, fact: AlarmFact): void {
  addFact(folded.fold, fact);
  folded.alarm = undefined;
}

function alarmIn(folded: FoldedAlarm): Alarm | undefined {
  folded.alarm ??= readFold(folded.fold);
  return folded.alarm;
}

function updateBody(slot: SlotState, cause: Cause | undefined, severity?: Severity): FactBody {
  return {
    type: 'updated',
    activation: slot.activation,
    step: slot.step,
    count: slot.count,
    ...(severity ? { severity } : {}),
    ...(cause ? { cause } : {}),
  };
}

function isSameCause(a: Cause | undefined, b: Cause | null | undefined): boolean {
  if (!a) return true;
  return b !== null && b !== undefined && Object.keys(a).every((key) => a[key] === b[key]);
}
