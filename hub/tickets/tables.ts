/** The tables of work orders. Facts are the truth; the row of a ticket is what they add up to. */
export type TicketTables = {
  ticketFacts: { id: string; ticketId: string; step: number; at: number; type: string; fact: string };
  tickets: {
    id: string;
    /** Short number for people. */
    number: number;
    communityId: string;
    state: string;
    category: string;
    priority: string;
    source: string;
    owner: string | null;
    deviceId: string | null;
    /** Where two troubles of one category are one job; see placeKey. */
    place: string | null;
    createdAt: number;
    updatedAt: number;
    /** The next clock that will be missed, or was; null while nothing is due. */
    dueAt: number | null;
    /** Lower case words that a search looks through. */
    search: string;
    /** The folded ticket as JSON. */
    ticket: string;
  };
  /** Which ticket answers an alarm: at most one. */
  ticketAlarms: { alarmId: string; ticketId: string };
  ticketPhotos: {
    id: string;
    ticketId: string;
    sha256: string;
    bytes: number;
    width: number;
    height: number;
    at: number;
  };
  /** A resident's hold on a ticket: only the hash of the token is kept. */
  residentReports: {
    tokenHash: string;
    ticketId: string;
    name: string | null;
    phone: string | null;
    createdAt: number;
  };
};
