/**
 * The life of an alarm, after ANSI/ISA-18.2 and IEC 62682. An alarm is a set of facts
 * (alarm-fact.ts): its condition is a fact of the edge, acknowledgement, shelving and the rest are
 * facts of people, and its state is derived from the set by a pure fold (alarm-fold.ts). This file
 * holds the one table of what may happen to an alarm, from where, by whom, and where it leads.
 */
import type { AlarmFact, Author, FactBody } from './alarm-fact.ts';
import { ALARM_STATES, type Alarm, type AlarmState, deriveState } from './alarm-state.ts';
import { LIMITS } from './limits.ts';

export * from './alarm-fact.ts';
export * from './alarm-fold.ts';
export * from './alarm-state.ts';

/** The independent sides of an alarm that its state is derived from. */
export interface Facets {
  condition: 'active' | 'cleared';
  /** Held active by the latch after the condition has gone. */
  latched: boolean;
  acknowledged: boolean;
  shelved: boolean;
  suppressed: boolean;
  outOfService: boolean;
}

export type Trigger =
  | 'raise'
  | 'update'
  | 'clear'
  | 'clear-latched'
  | 'reset'
  | 'acknowledge'
  | 'shelve'
  | 'unshelve'
  | 'shelf-expires'
  | 'suppress'
  | 'unsuppress'
  | 'take-out-of-service'
  | 'return-to-service'
  | 'service-expires'
  | 'remark';

export interface Transition {
  /** Who may cause it. */
  by: readonly Author['type'][];
  /** In which states it may be caused; a fact that arrives elsewhere after all (a partition) does no harm. */
  from: readonly AlarmState[];
  /** A further condition on the facets. */
  when?: (facets: Facets) => boolean;
  effect: (facets: Facets) => Facets;
}

const SHOWN = ['unacked', 'acked', 'returned'] as const;
const isActive = (facets: Facets) => facets.condition === 'active' && !facets.latched;

/** The life cycle, in one place. docs/ALARMS.md prints it; the property tests walk it. */
export const LIFE_CYCLE: Readonly<Record<Trigger, Transition>> = {
  /**
   * Also a re-alarm: it comes again, so nobody has seen this activation yet. An alarm that is over
   * (normal) gives way to a fresh one with its own id, unless the edge had not heard that it is over.
   */
  raise: {
    by: ['rule'],
    from: ALARM_STATES,
    when: (facets) => !isActive(facets),
    effect: (facets) => ({ ...facets, condition: 'active', latched: false, acknowledged: false }),
  },
  update: { by: ['rule'], from: ALARM_STATES, when: isActive, effect: (facets) => facets },
  clear: {
    by: ['rule', 'system'],
    from: ALARM_STATES,
    when: isActive,
    effect: (facets) => ({ ...facets, condition: 'cleared' }),
  },
  /** The condition of a latched alarm goes: it stays active until a person resets it (fire). */
  'clear-latched': {
    by: ['rule', 'system'],
    from: ALARM_STATES,
    when: isActive,
    effect: (facets) => ({ ...facets, latched: true }),
  },
  reset: {
    by: ['person'],
    from: ['unacked', 'acked', 'shelved', 'suppressed', 'out-of-service'],
    when: (facets) => facets.latched,
    effect: (facets) => ({ ...facets, condition: 'cleared', latched: false }),
  },
  /** The system acknowledges only what came and went while it was muted: nobody was called. */
  acknowledge: {
    by: ['person', 'system'],
    from: ALARM_STATES.filter((state) => state !== 'normal' && state !== 'acked'),
    when: (facets) => !facets.acknowledged,
    effect: (facets) => ({ ...facets, acknowledged: true }),
  },
  shelve: {
    by: ['person'],
    from: [...SHOWN, 'suppressed'],
    when: (facets) => !facets.shelved,
    effect: (facets) => ({ ...facets, shelved: true }),
  },
  unshelve: {
    by: ['person'],
    from: ['shelved', 'suppressed', 'out-of-service'],
    when: (facets) => facets.shelved,
    effect: (facets) => ({ ...facets, shelved: false, acknowledged: true }),
  },
  'shelf-expires': {
    by: ['system'],
    from: ['shelved', 'suppressed', 'out-of-service'],
    when: (facets) => facets.shelved,
    effect: (facets) => ({ ...facets, shelved: false, acknowledged: false }),
  },
  suppress: { by: ['system'], from: ALARM_STATES, effect: (facets) => ({ ...facets, suppressed: true }) },
  unsuppress: {
    by: ['system'],
    from: ['suppressed', 'out-of-service'],
    when: (facets) => facets.suppressed,
    effect: (facets) => ({ ...facets, suppressed: false }),
  },
  'take-out-of-service': {
    by: ['person'],
    from: [...SHOWN, 'normal', 'shelved', 'suppressed'],
    effect: (facets) => ({ ...facets, outOfService: true }),
  },
  'return-to-service': {
    by: ['person'],
    from: ['out-of-service'],
    effect: (facets) => ({ ...facets, outOfService: false }),
  },
  'service-expires': {
    by: ['system'],
    from: ['out-of-service'],
    effect: (facets) => ({ ...facets, outOfService: false }),
  },
  /** Comment, assignment, verdict, evidence, links, notices: on record, with no change of state. */
  remark: { by: ['rule', 'person', 'system'], from: ALARM_STATES, effect: (facets) => facets },
};

export function facetsOf(alarm: Alarm): Facets {
  return {
    condition: alarm.condition,
    latched: alarm.latched,
    acknowledged: alarm.acknowledged,
    shelved: alarm.shelvedUntilAt !== null,
    suppressed: alarm.suppressedBy.length > 0,
    outOfService: alarm.outOfServiceUntilAt !== null,
  };
}

/** Whether the table lets this happen now. */
export function allows(trigger: Trigger, facets: Facets): boolean {
  const { from, when } = LIFE_CYCLE[trigger];
  return from.includes(deriveState(facets)) && (when?.(facets) ?? true);
}

/** Every pair of states that the table can lead from and to, over all facets: for docs and tests. */
export function reachable(trigger: Trigger): Map<AlarmState, Set<AlarmState>> {
  const found = new Map<AlarmState, Set<AlarmState>>();
  const both = [false, true];
  for (const condition of ['active', 'cleared'] as const)
    for (const latched of condition === 'active' ? both : [false])
      for (const acknowledged of both)
        for (const shelved of both)
          for (const suppressed of both)
            for (const outOfService of both) {
              const facets = { condition, latched, acknowledged, shelved, suppressed, outOfService };
              if (!allows(trigger, facets)) continue;
              const from = deriveState(facets);
              const to = deriveState(LIFE_CYCLE[trigger].effect(facets));
              found.set(from, (found.get(from) ?? new Set()).add(to));
            }
  return found;
}

export type AlarmAction =
  | { type: 'ack'; note?: string | undefined }
  | { type: 'shelve'; untilAt: number; reason: string }
  | { type: 'unshelve' }
  | { type: 'reset' }
  | { type: 'out-of-service'; untilAt: number; reason: string }
  | { type: 'in-service' }
  | { type: 'comment'; text: string }
  | { type: 'assign'; username: string }
  | { type: 'verdict'; verdict: 'true' | 'false' | 'unsure'; label?: string | undefined };

const TRIGGER_OF: Readonly<Record<AlarmAction['type'], Trigger>> = {
  ack: 'acknowledge',
  shelve: 'shelve',
  unshelve: 'unshelve',
  reset: 'reset',
  'out-of-service': 'take-out-of-service',
  'in-service': 'return-to-service',
  comment: 'remark',
  assign: 'remark',
  verdict: 'remark',
};

/** What a person's action adds to the facts, or why the present state forbids it. The table decides. */
export function decideAlarm(
  alarm: Alarm,
  action: AlarmAction,
  now: number,
): { ok: true; body: FactBody } | { ok: false; reason: string } {
  if (!allows(TRIGGER_OF[action.type], facetsOf(alarm))) return { ok: false, reason: whyNot(alarm, action.type) };
  if (action.type === 'shelve' || action.type === 'out-of-service') {
    if (action.untilAt <= now) return { ok: false, reason: 'the end lies in the past' };
    if (action.type === 'shelve' && action.untilAt - now > LIMITS.shelveMsMax)
      return { ok: false, reason: 'an alarm may be shelved for 7 days at most' };
  }
  return { ok: true, body: bodyOf(alarm, action) };
}

function bodyOf({ activation }: Alarm, action: AlarmAction): FactBody {
  switch (action.type) {
    case 'ack':
      return { type: 'acknowledged', activation, ...(action.note ? { note: action.note } : {}) };
    case 'shelve':
      return { type: 'shelved', untilAt: action.untilAt, reason: action.reason };
    case 'unshelve':
      return { type: 'unshelved', cause: 'person', activation };
    case 'reset':
      return { type: 'reset', activation };
    case 'out-of-service':
      return { type: 'out-of-service', untilAt: action.untilAt, reason: action.reason };
    case 'in-service':
      return { type: 'in-service', cause: 'person' };
    case 'comment':
      return { type: 'commented', text: action.text };
    case 'assign':
      return { type: 'assigned', username: action.username };
    case 'verdict':
      return { type: 'verdict', verdict: action.verdict, ...(action.label ? { label: action.label } : {}) };
  }
}

function whyNot(alarm: Alarm, action: AlarmAction['type']): string {
  switch (action) {
    case 'ack':
      return 'the alarm is acknowledged already';
    case 'shelve':
      if (alarm.state === 'normal') return 'the alarm is over; there is nothing to shelve';
      if (alarm.state === 'out-of-service') return 'the alarm is out of service';
      return 'the alarm is shelved already';
    case 'unshelve':
      return 'the alarm is not shelved';
    case 'reset':
      return 'only a latched alarm whose condition has gone can be reset';
    case 'out-of-service':
      return 'the alarm is out of service already';
    case 'in-service':
      return 'the alarm is in service';
    default:
      return `the alarm is ${alarm.state}`;
  }
}

/**
 * The fact that ends a shelf or an out-of-service at its time. Its id derives from the fact that
 * set it, so edge and hub, each on its own timer, make the very same fact and it counts once. (The
 * activation of an expired shelf means nothing; a constant keeps the two equal to the byte.)
 */
export function expiryOf(set: {
  id: string;
  skewMs?: number | undefined;
  body: FactBody;
}): Pick<AlarmFact, 'id' | 'at' | 'skewMs' | 'body'> | undefined {
  const end = endOf(set.body);
  if (!end) return undefined;
  // The end is an instant of the clock that it was said by.
  return { id: `${set.id}.expired`, ...end, ...(set.skewMs === undefined ? {} : { skewMs: set.skewMs }) };
}

function endOf(body: FactBody): { at: number; body: FactBody } | undefined {
  if (body.type === 'shelved')
    return { at: body.untilAt, body: { type: 'unshelved', cause: 'expired', activation: 1 } };
  if (body.type === 'out-of-service') return { at: body.untilAt, body: { type: 'in-service', cause: 'expired' } };
  if (body.type === 'suppressed' && body.untilAt !== undefined)
    return { at: body.untilAt, body: { type: 'unsuppressed', by: body.by, cause: 'expired' } };
  return undefined;
}
