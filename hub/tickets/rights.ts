/** Who may do what with a work order. Seeing it is the viewer's question; this is about acting. */

import type { Role } from '../../core/role.ts';
import { TICKET_PRIORITIES, type Ticket } from '../../core/ticket.ts';
import type { TicketActionName } from '../../core/ticket-action.ts';

export type TicketRight = TicketActionName | 'create' | 'add-photo';

const EVERYBODY: readonly Role[] = ['guard', 'property', 'committee', 'department', 'street'];
const WORKERS: readonly Role[] = ['property'];
const OVERSEERS: readonly Role[] = ['committee', 'street'];

/** Admin may do everything and is not listed. */
const RIGHTS: Readonly<Record<TicketRight, readonly Role[]>> = {
  create: EVERYBODY,
  comment: EVERYBODY,
  'add-photo': EVERYBODY,
  take: WORKERS,
  start: WORKERS,
  pause: WORKERS,
  resume: WORKERS,
  resolve: WORKERS,
  assign: [...WORKERS, ...OVERSEERS],
  /** Whoever does the work does not say that it is good. */
  close: OVERSEERS,
  reopen: OVERSEERS,
  cancel: OVERSEERS,
  /** The answer of a return visit (回访). */
  rate: OVERSEERS,
  prioritise: [...WORKERS, ...OVERSEERS],
};

const WORK: ReadonlySet<TicketRight> = new Set(['take', 'start', 'pause', 'resume', 'resolve']);

/** Communities with no company: the committee and its building heads do the work themselves. */
const SELF_MANAGED_TYPES: ReadonlySet<string> = new Set(['old-estate']);

export interface ActingPerson {
  username: string;
  role: Role;
}

/** Why a person may not do this, or undefined when they may. */
export function refuseTicketRight(options: {
  person: ActingPerson;
  right: TicketRight;
  ticket?: Pick<Ticket, 'owner' | 'priority'>;
  communityType: string;
  /** The priority asked for, when the right is `prioritise`. */
  priority?: Ticket['priority'];
}): string | undefined {
  const { person, right, ticket, communityType } = options;
  const { role, username } = person;
  if (role === 'admin') return undefined;
  const selfManaged = SELF_MANAGED_TYPES.has(communityType);
  if (WORK.has(right)) {
    const isWorker =
      RIGHTS[right].includes(role) ||
      (selfManaged && role === 'committee') ||
      // A department works what was put to it, and nothing else.
      (role === 'department' && ticket?.owner === username);
    return isWorker ? undefined : `the role ${role} may not ${right} this ticket`;
  }
  if (!RIGHTS[right].includes(role)) return `the role ${role} may not ${right} a ticket`;
  if (right === 'prioritise' && role === 'property' && ticket && options.priority) {
    const lowers = TICKET_PRIORITIES.indexOf(options.priority) > TICKET_PRIORITIES.indexOf(ticket.priority);
    if (lowers) return 'only committee and street may lower a priority';
  }
  return undefined;
}

/** Whether a person of this role can own a ticket of such a community. */
export function canOwn(role: Role, communityType: string): boolean {
  return (
    WORKERS.includes(role) || role === 'department' || (role === 'committee' && SELF_MANAGED_TYPES.has(communityType))
  );
}
