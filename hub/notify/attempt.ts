/** One attempt to say one notice, within its time, and how long to wait after a failure. */
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import type { Channel } from './channels.ts';
import type { Notice, Notifier, Outcome } from './notifier.ts';

export const DISPATCH_LIMITS = {
  /** One attempt, however slow the receiver. */
  attemptMsMax: 15_000,
  /** Channels that are served beside each other. */
  channelsMax: 32,
  /** Waits after the first, second, … failure; the last one stays. */
  backOffMs: [5_000, 15_000, 45_000, 120_000, 300_000, 600_000],
  /** How long it is worth telling: a danger for a day, the rest for two hours. */
  lifeSafetyAgeMsMax: 24 * 3_600_000,
  otherAgeMsMax: 2 * 3_600_000,
} as const;

export async function attempt(options: {
  channel: Channel;
  notice: Notice;
  notifiers: ReadonlyMap<string, Notifier>;
  show(notice: Notice): void;
  clock: Clock;
  log: Logger;
}): Promise<Outcome> {
  const { channel, notice, notifiers, show, clock, log } = options;
  const notifier = notifiers.get(channel.notifier);
  if (!notifier) return { outcome: 'rejected', reason: `there is no notifier ${channel.notifier}` };
  const config = notifier.configSchema.safeParse(channel.config);
  if (!config.success) return { outcome: 'rejected', reason: 'the configuration of the channel is not valid' };
  const abort = new AbortController();
  const timer = clock.after(DISPATCH_LIMITS.attemptMsMax, () => abort.abort());
  try {
    return await notifier.send(notice, config.data, { signal: abort.signal, now: clock.now(), show });
  } catch (error) {
    // A notifier that throws has a fault of its own; the notice is still worth another try.
    log.error({ err: error, notifier: channel.notifier }, 'a notifier failed');
    return { outcome: 'retry', reason: 'the notifier failed' };
  } finally {
    timer.cancel();
  }
}

/** Longer with each failure, and spread by a tenth, so that many do not come back in the same instant. */
export function backOffMs(failures: number, id: string): number {
  const steps = DISPATCH_LIMITS.backOffMs;
  const base = steps[Math.min(failures, steps.length - 1)] ?? 0;
  const spread = [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 1_000, failures) / 1_000;
  return Math.round(base * (1 + spread / 10));
}
