/** The tables of channels, subscriptions and the log of what was sent. */
export type NotifyTables = {
  channels: {
    id: string;
    notifier: string;
    name: string;
    /** Null: of the whole street. */
    communityId: string | null;
    language: 'zh' | 'en';
    /** The notifier's configuration as JSON, secrets included, sealed (hub/vault.ts): never answered, never logged. */
    config: string;
    enabled: 0 | 1;
    createdAt: number;
    createdBy: string;
  };
  subscriptions: {
    id: string;
    /** Null: the channel itself listens, for a group or a siren. */
    username: string | null;
    channelId: string;
    /** Where to, for channels that reach one person. */
    address: string | null;
    /** JSON of what is wanted; see subscriptionWishSchema. */
    wish: string;
    createdAt: number;
  };
  /** Outbox and sent-log in one: what is queued is sent, what was sent stays as its account. */
  notices: {
    id: string;
    /** The same thing said to the same receiver has the same key, and is kept once. */
    dedupeKey: string;
    channelId: string;
    notifier: string;
    username: string | null;
    address: string | null;
    type: string;
    lifeSafety: 0 | 1;
    communityId: string | null;
    alarmId: string | null;
    ticketId: string | null;
    notice: string;
    status: NoticeStatus;
    reason: string | null;
    attempts: number;
    nextAt: number;
    attemptedAt: number | null;
    createdAt: number;
  };
};

export type NoticeStatus =
  | 'queued'
  | 'delivered'
  /** The receiver refused it; another try would give the same answer. */
  | 'rejected'
  /** Tried until its time was over. */
  | 'given-up'
  /** Acknowledged or over before it could be delivered. */
  | 'cancelled'
  /** Held back by the quiet hours of its receiver. */
  | 'muted';
