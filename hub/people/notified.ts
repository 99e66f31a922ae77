/**
 * Who was told of an alarm and how it went, into the alarm's own history. Facts of a moment go together
 * in one write, for a call to ten thousand is no ten thousand writes; reminders are left out, they
 * would drown the rest.
 */
import type { Logger } from 'pino';
import type { AlarmFact } from '../../core/alarm.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Dispatch } from '../notify/dispatch.ts';

/** History may be so old; what people are told does not wait for it. */
const GATHER_MS = 250;
const FACTS_PER_WRITE_MAX = 500;

export interface Notified {
  start(): Promise<void>;
  stop(): Promise<void>;
  settled(): Promise<void>;
}

export function createNotified(parts: { dispatch: Dispatch; alarms: Alarms; clock: Clock; log: Logger }): Notified {
  const { dispatch, alarms, clock } = parts;
  const log = parts.log.child({ component: 'notified' });
  const waiting: AlarmFact[] = [];
  let soon: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();

  dispatch.onDone(async ({ notice, notifier, username, status }) => {
    if (notice.alarmId === null || (notice.type !== 'alarm' && notice.type !== 'escalation')) return;
    waiting.push({
      id: `notified-${notice.id}`,
      alarmId: notice.alarmId,
      at: clock.now(),
      origin: { type: 'hub', id: 'hub' },
      author: { type: 'system', id: 'notify' },
      body: { type: 'notified', notifier, to: username ?? 'channel', outcome: status },
    });
    soon ??= clock.after(GATHER_MS, flush);
  });

  return { start: async () => undefined, stop: settled, settled };

  async function settled(): Promise<void> {
    flush();
    await writing;
  }

  function flush(): void {
    soon?.cancel();
    soon = undefined;
    writing = writing.then(write);
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const facts = waiting.splice(0, FACTS_PER_WRITE_MAX);
      try {
        await alarms.transact(({ addFacts }) => addFacts(facts), { lazily: true });
      } catch (error) {
        log.error({ err: error, count: facts.length }, 'who was told could not be written down');
      }
    }
  }
}
