/** Notices about alarms: the words, the receivers and the key that keeps each from being said twice. */
import type { Kysely } from 'kysely';
import type { Alarm } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import type { Dispatch, QueuedNotice } from '../notify/dispatch.ts';
import { alarmWords } from '../notify/templates.ts';
import type { EscalationTarget } from '../policies/escalation-policy.ts';
import type { Records } from '../stores/records/records.ts';
import type { RecordTables } from '../stores/records/tables.ts';
import type { Happening, Receiver, Receivers } from './receivers.ts';

interface Call {
  alarm: Alarm;
  usernames: readonly string[];
  targets: readonly EscalationTarget[];
  startedAt: number;
  step: number;
  round: number;
  /** Other alarms of the incident that wait too. */
  siblings: number;
}

export interface AlarmNotices {
  /** `beside` writes in the transaction that keeps the notices. */
  tellCalled(call: Call, beside: (trx: Kysely<RecordTables>) => Promise<void>): Promise<void>;
  /** `callAt` tells one call of an alarm from the next. */
  tellSubscribers(alarm: Alarm, occasion: 'alarm' | 'ended', callAt: number): Promise<void>;
}

export function createAlarmNotices(parts: {
  receivers: Receivers;
  dispatch: Dispatch;
  records: Records;
  clock: Clock;
  publicUrl: string | undefined;
}): AlarmNotices {
  const { receivers, dispatch, records, clock, publicUrl } = parts;

  return {
    async tellCalled({ alarm, usernames, targets, startedAt, step, round, siblings }, beside) {
      const type = round > 0 ? 'reminder' : step > 0 ? 'escalation' : 'alarm';
      const found = await receivers.called({ usernames, targets, happening: happeningOf(alarm, 'called') });
      await tell({ alarm, type, call: `${startedAt}:${step}:${round}`, found, siblings }, beside);
    },
    async tellSubscribers(alarm, occasion, callAt) {
      const found = await receivers.subscribed(happeningOf(alarm, occasion));
      // The first step of a chain has the same key: who is called and has subscribed is told once.
      if (found.length === 0) return;
      await tell({ alarm, type: occasion, call: `${callAt}:0:0`, found, siblings: 0 });
    },
  };

  function happeningOf(alarm: Alarm, occasion: Happening['occasion']): Happening {
    const { communityId, severity, lifeSafety } = alarm;
    return { occasion, communityId, severity, lifeSafety, at: clock.now() };
  }

  async function tell(
    options: {
      alarm: Alarm;
      type: 'alarm' | 'reminder' | 'escalation' | 'ended';
      call: string;
      found: readonly Receiver[];
      siblings: number;
    },
    beside?: (trx: Kysely<RecordTables>) => Promise<void>,
  ): Promise<void> {
    const { alarm, type, call, found, siblings } = options;
    const community = await records.db
      .selectFrom('communities')
      .select('name')
      .where('id', '=', alarm.communityId)
      .executeTakeFirst();
    const communityName = community?.name ?? alarm.communityId;
    const now = clock.now();
    await dispatch.queue(
      found.map(({ channelId, language, username, to, muted }): QueuedNotice => {
        return {
          dedupeKey: ['alarm', alarm.id, type === 'ended' ? 'ended' : 'call', call, channelId, to ?? ''].join('|'),
          channelId,
          username,
          ...(muted === undefined ? {} : { muted }),
          notice: {
            type,
            language,
            ...alarmWords({ alarm, type, language, communityName, siblings, now }),
            severity: alarm.severity,
            lifeSafety: alarm.lifeSafety,
            at: alarm.lastAt,
            communityId: alarm.communityId,
            alarmId: alarm.id,
            ticketId: alarm.ticketId,
            link: publicUrl ? `${publicUrl}/alarms/${alarm.id}` : null,
            to,
          },
        };
      }),
      beside,
    );
  }
}
