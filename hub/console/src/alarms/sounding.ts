/** Which alarms sound. Pure: what is heard is sound.ts's matter. */
import type { Severity } from '../../../../core/rule.ts';
import type { AlarmItem } from '../api/types.ts';

/** One activation of one alarm: what a person silences. */
export function soundKey(alarm: AlarmItem): string {
  return `${alarm.id}:${alarm.activation}`;
}

/** The worst alarm that should be sounding now. Only what is active and unacknowledged sounds. */
export function sounding(alarms: Iterable<AlarmItem>, silenced: ReadonlySet<string>): Severity | undefined {
  const severities: Severity[] = [];
  for (const alarm of alarms)
    if (alarm.state === 'unacked' && !silenced.has(soundKey(alarm))) severities.push(alarm.severity);
  return (['critical', 'major', 'minor', 'notice'] as const).find((severity) => severities.includes(severity));
}
