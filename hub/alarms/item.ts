/** An alarm as the API shows it: the fold, with addresses for its evidence. */
import type { Alarm, AlarmFact } from '../../core/alarm.ts';

export function alarmItem(alarm: Alarm) {
  return {
    ...alarm,
    evidence: alarm.evidence.map((evidence) => ({
      ...evidence,
      url: `/api/evidence/${encodeURIComponent(evidence.id)}`,
    })),
  };
}

/**
 * The same from the alarm as it is stored, as text: a page of a list is mostly alarms without
 * evidence, and those need neither reading nor writing of their JSON.
 */
export function alarmItemJson(stored: string): string {
  return stored.endsWith('"evidence":[]}') ? stored : JSON.stringify(alarmItem(JSON.parse(stored) as Alarm));
}

/** One line of an alarm's history: who, what, when, where it was said. */
export function historyItem(fact: AlarmFact) {
  const { type, ...detail } = fact.body;
  return {
    id: fact.id,
    at: fact.at,
    what: type,
    who: fact.author,
    where: fact.origin,
    late: fact.late ?? false,
    detail,
  };
}
