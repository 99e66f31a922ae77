/** Answers of the public addresses. */
import type { Text } from '../../../../core/text.ts';
import type { TicketState } from '../../../../core/ticket.ts';

export interface ReportReceipt {
  token: string;
  ticketId: string;
}

export interface PublicReport {
  number: number;
  communityId: string;
  title: string;
  description: string;
  category: string;
  place: string;
  state: TicketState;
  outcome: string | null;
  createdAt: number;
  promised: { respondDueAt: number | null; solveDueAt: number | null };
  overdue: boolean;
  progress: { at: number; what: string; who: 'resident' | 'staff' | 'system'; text: string | null }[];
  photos: { id: string; url: string }[];
  rating: { stars: number; text: string | null; at: number } | null;
  canRate: boolean;
  canReopen: boolean;
}

/** A share with the number of cases it stands on. */
export interface Share {
  value: number | null;
  cases: number;
}

export interface PublicBoard {
  community: { id: string; name: string; type: string };
  at: number;
  windowDays: number;
  counts: { open: number; closed: number; overdue: number; createdInWindow: number; closedInWindow: number };
  onTimeRate: Share;
  rates: { response: Share; solution: Share; satisfaction: Share };
  latest: {
    number: number;
    category: string;
    title: Text;
    place: string;
    state: TicketState;
    createdAt: number;
    resolvedAt: number | null;
    stars: number | null;
  }[];
  notices: { id: string; title: string; body: string; fromAt: number; untilAt: number | null }[];
}
