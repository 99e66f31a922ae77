/**
 * What the gateway refuses, drops or slows down, by reason. Every reason is in a union, every one
 * has a counter: nothing goes missing in silence.
 */
import type { RefuseReason } from '../devices/kinds.ts';

export type LoginReason = 'anonymous' | 'unknown-device' | 'wrong-secret' | 'too-many-connections' | 'slowed';

/** What is wrong with where it was published. */
export type TopicReason = 'foreign-topic' | 'topic-too-deep';

export type MessageReason =
  | RefuseReason
  | TopicReason
  | 'unknown-channel'
  | 'unknown-kind'
  | 'frame-too-large'
  /** Of a fire panel: nothing is enrolled as it. */
  | 'unknown-component';

type SubscribeReason = TopicReason | 'too-many';

export type CutReason = 'packet-too-large' | 'malformed' | 'unread' | 'revoked' | 'topic-too-deep';

/** Reason → how often since the start. */
export type Counts<Reason extends string> = Partial<Record<Reason, number>>;

/** Totals of the listener since its start, as it reports them once a second. */
export interface ListenerCounts {
  received: number;
  receivedBytes: number;
  kept: number;
  repeated: number;
  frames: number;
  slowed: number;
  connected: number;
  refused: Counts<MessageReason>;
  logins: Counts<LoginReason>;
  subscriptions: Counts<SubscribeReason>;
  cut: Counts<CutReason>;
}

export function newListenerCounts(): ListenerCounts {
  return {
    received: 0,
    receivedBytes: 0,
    kept: 0,
    repeated: 0,
    frames: 0,
    slowed: 0,
    connected: 0,
    refused: {},
    logins: {},
    subscriptions: {},
    cut: {},
  };
}

export function count<Reason extends string>(counts: Counts<Reason>, reason: Reason): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}
