/**
 * What a notifier is: one file in hub/notifiers, its name the id. It says a finished text to one
 * channel, once. It keeps no state, never retries and never throws for trouble on the way: it
 * answers delivered, retry or rejected. Retry, limits, dedupe and the log live in dispatch.ts.
 */
import type { z } from 'zod';
import type { Severity } from '../../core/rule.ts';
import type { Text } from '../../core/text.ts';

/** A message ready to be said, in the language of its receiver. */
export interface Notice {
  /** The same for every attempt, so that a receiver can tell a repetition. */
  id: string;
  type: 'alarm' | 'reminder' | 'escalation' | 'ended' | 'ticket' | 'report' | 'test';
  language: keyof Text;
  title: string;
  text: string;
  severity: Severity | null;
  lifeSafety: boolean;
  /** When what it tells of happened, epoch ms. */
  at: number;
  communityId: string | null;
  alarmId: string | null;
  ticketId: string | null;
  /** Address of the page that shows it, if the hub knows its own address. */
  link: string | null;
  /** Where to: a phone number, a mail address, a browser's push subscription; null for a group channel. */
  to: string | null;
}

export type Outcome =
  | { outcome: 'delivered' }
  /** Worth another try, not before `afterMs` if the receiver said so. */
  | { outcome: 'retry'; reason: string; afterMs?: number }
  /** Another try would give the same answer: a wrong address, a refused signature. */
  | { outcome: 'rejected'; reason: string };

interface NotifierContext {
  /** Ends the attempt; dispatch gives each attempt its time. */
  signal: AbortSignal;
  /** Epoch ms, for signatures. */
  now: number;
  /** Shows the notice in every open console of its community. */
  show(notice: Notice): void;
}

export interface Notifier<Config = unknown> {
  title: Text;
  /** Strict schema of a channel's configuration, filled by an administrator. */
  configSchema: z.ZodType<Config>;
  /** Keys of the configuration that no answer and no log may show. */
  secrets: readonly string[];
  /** What `to` must be, for channels that reach one person; absent for group channels. */
  toSchema?: z.ZodType<string>;
  /** The receiver's own limit; dispatch spreads messages to stay below. */
  perMinuteMax: number;
  send(notice: Notice, config: Config, context: NotifierContext): Promise<Outcome>;
}

/** Keeps the type of a configuration between schema and send; the scan sees all as Notifier. */
export function defineNotifier<Config>(notifier: Notifier<Config>): Notifier<Config> {
  return notifier;
}
