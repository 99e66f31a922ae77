/**
 * Who was told of an alarm and how it went, into the alarm's own history. Facts that come while others
 * are being written go together in the next write; reminders are left out, they would drown the rest.
 */
import type { Logger } from 'pino';
import type { AlarmFact } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Dispatch } from '../notify/dispatch.ts';

export interface Notified {
  start(): Promise<void>;
  stop(): Promise<void>;
  settled(): Promise<void>;
}

export function createNotified(parts: { dispatch: Dispatch; alarms: Alarms; clock: Clock; log: Logger }): Notified {
  const { dispatch, alarms, clock } = parts;
  const log = parts.log.child({ component: 'notified' });
  let waiting: AlarmFact[] = [];
  let writing: Promise<void> | undefined;

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
    writing ??= write();
  });

  const settled = async () => {
    while (writing) await writing;
  };
  return { start: async () => undefined, stop: settled, settled };

  async function write(): Promise<void> {
    await undefined;
    while (waiting.length > 0) {
      const facts = waiting;
      waiting = [];
      try {
        await alarms.transact(({ addFacts }) => addFacts(facts));
      } catch (error) {
        log.error({ err: error, count: facts.length }, 'who was told could not be written down');
      }
    }
    writing = undefined;
  }
}
