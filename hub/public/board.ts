/**
 * The public information board (信息公开栏): what is open, what was kept of what was promised. Pure,
 * from tickets and the promise. Nothing on it comes from a text that somebody wrote into a ticket.
 */
import type { Location } from '../../core/device.ts';
import { isUnfinished, type Ticket } from '../../core/ticket.ts';
import { TICKET_CATEGORIES } from '../policies/categories.ts';
import { type Sla, type SlaPolicy, slaOf } from '../policies/sla.ts';

/** A share with the number of cases it stands on; null while there is no case. */
export interface Share {
  value: number | null;
  cases: number;
}

/** 四星及以上 counts as satisfied. */
const SATISFIED_STARS_MIN = 4;
const LATEST_MAX = 20;

/** A ticket and how its promise stands. */
export interface Judged {
  ticket: Ticket;
  sla: Sla;
}

export function boardFigures(tickets: readonly Ticket[], policy: SlaPolicy, now: number) {
  const judged = tickets.map((ticket) => ({ ticket, sla: slaOf(policy, ticket, now) }));
  return {
    created: tickets.length,
    closed: tickets.filter((ticket) => ticket.state === 'closed').length,
    ...sharesOf(judged),
  };
}

/** What was kept of what was promised. A cancelled ticket promised nothing. */
export function sharesOf(all: readonly Judged[]) {
  const judged = all.filter(({ ticket }) => ticket.state !== 'cancelled');
  const solved = judged.filter(({ sla }) => sla.solve.state === 'met' || sla.solve.state === 'missed');
  return {
    onTimeRate: shareOf(solved, ({ sla }) => sla.solve.state === 'met'),
    /** 三率: response, solution, satisfaction. */
    rates: {
      response: shareOf(
        judged.filter(({ sla }) => sla.respond.state !== 'running' && sla.respond.state !== 'paused'),
        ({ sla }) => sla.respond.state === 'met',
      ),
      solution: shareOf(
        judged.filter(({ ticket, sla }) => !isUnfinished(ticket.state) || sla.solve.state === 'late'),
        ({ ticket }) => !isUnfinished(ticket.state) && ticket.outcome !== 'not-ours',
      ),
      satisfaction: shareOf(
        judged.filter(({ ticket }) => ticket.rating !== null),
        ({ ticket }) => (ticket.rating?.stars ?? 0) >= SATISFIED_STARS_MIN,
      ),
    },
  };
}

/** The newest tickets as anybody may see them: category, building and state, never words, rooms or names. */
export function publicTickets(rows: readonly { ticket: Ticket; number: number }[]) {
  return rows.slice(0, LATEST_MAX).map(({ ticket, number }) => ({
    number,
    category: ticket.category,
    title: TICKET_CATEGORIES[ticket.category] ?? { zh: '其他', en: 'Other' },
    place: publicPlace(ticket.location),
    state: ticket.state,
    createdAt: ticket.createdAt,
    resolvedAt: ticket.resolvedAt,
    stars: ticket.rating?.stars ?? null,
  }));
}

function publicPlace({ building }: Location): string {
  return building === undefined ? '公共区域' : `${building}号楼`;
}

function shareOf<T>(cases: readonly T[], isGood: (item: T) => boolean): Share {
  if (cases.length === 0) return { value: null, cases: 0 };
  return { value: cases.filter(isGood).length / cases.length, cases: cases.length };
}
