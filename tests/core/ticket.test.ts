import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldTicket,
  isRunning,
  isUnfinished,
  TICKET_OUTCOMES,
  TICKET_PRIORITIES,
  type Ticket,
  type TicketFact,
  type TicketFactBody,
} from '../../core/ticket.ts';
import { decideTicket, type TicketAction } from '../../core/ticket-action.ts';

const MINUTE = 60_000;
const created: TicketFactBody = {
  type: 'created',
  communityId: 'garden',
  title: '水管漏水',
  description: '',
  category: 'plumbing',
  priority: 'normal',
  source: 'resident',
  location: { building: '3' },
};

/** A log from `[minute, body]` pairs; people are all `wang`. */
function log(...steps: [number, TicketFactBody][]): TicketFact[] {
  return steps.map(([minute, body], step) => ({
    id: `f${step}`,
    ticketId: 't1',
    step,
    at: minute * MINUTE,
    author: { type: 'person', id: 'wang' },
    body,
  }));
}

function fold(...steps: [number, TicketFactBody][]): Ticket {
  const ticket = foldTicket(log([0, created], ...steps));
  if (!ticket) throw new Error('no ticket');
  return ticket;
}

describe('clocks', () => {
  it('measure respond, arrive and solve from the report on', () => {
    const { clocks } = fold(
      [5, { type: 'taken' }],
      [20, { type: 'started' }],
      [60, { type: 'resolved', outcome: 'fixed' }],
    );
    expect(clocks).toMatchObject({ respondMs: 5 * MINUTE, arriveMs: 20 * MINUTE, solveMs: 60 * MINUTE, pausedMs: 0 });
  });

  it('leave pauses out, also across a change of priority and of owner', () => {
    const ticket = fold(
      [5, { type: 'taken' }],
      [10, { type: 'started' }],
      [20, { type: 'paused', reason: '等配件' }],
      [30, { type: 'prioritised', priority: 'urgent', reason: '漏到楼下' }],
      [40, { type: 'assigned', username: 'zhao' }],
      [80, { type: 'resumed' }],
      [90, { type: 'resolved', outcome: 'fixed' }],
    );
    expect(ticket.clocks).toMatchObject({ solveMs: 30 * MINUTE, pausedMs: 60 * MINUTE });
    expect(ticket).toMatchObject({ owner: 'zhao', priority: 'urgent', pausedReason: null });
  });

  it('a paused job that changes hands stays paused', () => {
    const ticket = fold(
      [5, { type: 'taken' }],
      [20, { type: 'paused', reason: '等配件' }],
      [40, { type: 'assigned', username: 'zhao' }],
    );
    expect(ticket).toMatchObject({ state: 'paused', owner: 'zhao', pausedReason: '等配件' });
    expect(ticket.clocks.runningSinceAt).toBeNull();
  });

  it('a pause on the way to the place does not count as arrival', () => {
    const ticket = fold([5, { type: 'taken' }], [6, { type: 'paused', reason: '住户不在' }], [60, { type: 'resumed' }]);
    expect(ticket).toMatchObject({ state: 'taken', startedAt: null });
    expect(ticket.clocks.arriveMs).toBeNull();
  });

  it('stand between resolved and reopened, then run on from where they stood', () => {
    const ticket = fold(
      [10, { type: 'taken' }],
      [30, { type: 'resolved', outcome: 'fixed' }],
      [1_000, { type: 'reopened', reason: '还在漏' }],
      [1_005, { type: 'taken' }],
      [1_020, { type: 'resolved', outcome: 'fixed' }],
    );
    expect(ticket.clocks.solveMs).toBe(50 * MINUTE);
    expect(ticket).toMatchObject({ state: 'resolved', reopenedCount: 1 });
  });

  it('count by the measure that is handed in', () => {
    const facts = log([0, created], [10, { type: 'taken' }], [30, { type: 'resolved', outcome: 'fixed' }]);
    expect(foldTicket(facts, (fromAt, toAt) => (toAt - fromAt) / 2)?.clocks.solveMs).toBe(15 * MINUTE);
  });
});

describe('the log', () => {
  it('gives the same ticket in any order of arrival', () => {
    const facts = log(
      [0, created],
      [5, { type: 'taken' }],
      [9, { type: 'started' }],
      [20, { type: 'resolved', outcome: 'fixed' }],
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(facts, { minLength: facts.length }), (shuffled) => {
        expect(foldTicket(shuffled)).toEqual(foldTicket(facts));
      }),
      { numRuns: 50 },
    );
  });

  it('is no ticket while its creation is missing', () => {
    expect(foldTicket([])).toBeUndefined();
    expect(foldTicket(log([5, { type: 'taken' }]))).toBeUndefined();
  });

  it('names each photo, alarm and link once', () => {
    const ticket = fold(
      [1, { type: 'photo-added', photoId: 'p1', sha256: 'a'.repeat(64) }],
      [2, { type: 'alarm-linked', alarmId: 'a2' }],
      [3, { type: 'alarm-linked', alarmId: 'a2' }],
      [4, { type: 'linked', ticketId: 't9', relation: 'similar' }],
      [5, { type: 'linked', ticketId: 't9', relation: 'similar' }],
      [6, { type: 'taken' }],
      [7, { type: 'resolved', outcome: 'fixed', photoIds: ['p1', 'p2'] }],
    );
    expect(ticket).toMatchObject({ photoIds: ['p1', 'p2'], alarmIds: ['a2'], links: [{ ticketId: 't9' }] });
  });
});

describe('actions', () => {
  it('name the present state and the one that is needed when they are refused', () => {
    const refused = decideTicket({ state: 'open' }, { action: 'close' });
    expect(refused).toEqual({ ok: false, reason: 'a ticket that is open cannot be closed; it must be resolved' });
  });

  it('a cancelled ticket can be reopened, a closed one cannot be cancelled', () => {
    expect(decideTicket({ state: 'cancelled' }, { action: 'reopen', reason: '不该取消' }).ok).toBe(true);
    expect(decideTicket({ state: 'closed' }, { action: 'cancel', reason: '…' }).ok).toBe(false);
  });
});

const anyAction: fc.Arbitrary<TicketAction> = fc.oneof(
  fc.constantFrom<TicketAction>(
    { action: 'take' },
    { action: 'assign', username: 'zhao' },
    { action: 'start' },
    { action: 'pause', reason: '等配件' },
    { action: 'resume' },
    { action: 'close' },
    { action: 'reopen', reason: '没修好' },
    { action: 'cancel', reason: '误报' },
    { action: 'comment', text: '已联系' },
    { action: 'rate', stars: 4 },
  ),
  fc.constantFrom(...TICKET_OUTCOMES).map((outcome): TicketAction => ({ action: 'resolve', outcome })),
  fc
    .constantFrom(...TICKET_PRIORITIES)
    .map((priority): TicketAction => ({ action: 'prioritise', priority, reason: '…' })),
);

describe('any sequence of actions', () => {
  it('keeps the state, the clocks and the instants consistent', () => {
    const walk = fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), anyAction), { maxLength: 30 });
    fc.assert(
      fc.property(walk, (steps) => {
        const facts = log([0, created]);
        let now = 0;
        for (const [minutes, action] of steps) {
          now += minutes * MINUTE;
          const before = foldTicket(facts);
          const decided = before && decideTicket(before, action);
          if (!decided?.ok) continue;
          const step = facts.length;
          facts.push({ ...(facts[0] as TicketFact), id: `f${step}`, step, at: now, body: decided.body });
          expectConsistent(foldTicket(facts) as Ticket, now);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function expectConsistent(ticket: Ticket, now: number): void {
  const { clocks, state } = ticket;
  expect(clocks.runningSinceAt !== null).toBe(isRunning(state));
  expect(ticket.pausedReason !== null).toBe(state === 'paused');
  expect(ticket.closedAt !== null).toBe(state === 'closed' || state === 'cancelled');
  expect(ticket.outcome !== null).toBe(state === 'resolved' || state === 'closed');
  if (clocks.solveMs !== null) expect(isUnfinished(state)).toBe(false);
  if (['taken', 'working', 'paused', 'resolved', 'closed'].includes(state)) {
    expect(ticket.owner).not.toBeNull();
    expect(clocks.respondMs).not.toBeNull();
  }
  const spans = [clocks.respondMs, clocks.arriveMs, clocks.solveMs].filter((span) => span !== null);
  expect(spans).toEqual([...spans].sort((a, b) => a - b));
  for (const span of [...spans, clocks.pausedMs, clocks.spentMs]) {
    expect(span).toBeGreaterThanOrEqual(0);
    expect(span).toBeLessThanOrEqual(now);
  }
}
