/** Which alarm a guard must see first, what is folded away, and what belongs together. Pure. */
import { locationTitle } from '../../../../core/device.ts';
import { SEVERITIES, type Severity } from '../../../../core/rule.ts';
import type { AlarmItem } from '../api/types.ts';

/** Muted is not gone: these states go into the folded section with their reason. */
const MUTED = new Set(['shelved', 'suppressed', 'out-of-service']);
const ATTENTION: Record<string, number> = { unacked: 0, returned: 1, acked: 2 };

export interface AlarmFilter {
  severities: readonly Severity[];
  states: readonly string[];
  communityId: string;
  kind: string;
  text: string;
}

export const NO_FILTER: AlarmFilter = { severities: [], states: [], communityId: '', kind: '', text: '' };

/** Alarms of one incident, or one alarm alone (`incidentId` null). The first is the head. */
export interface AlarmGroup {
  key: string;
  incidentId: string | null;
  alarms: AlarmItem[];
}

export interface AlarmBoard {
  groups: AlarmGroup[];
  muted: AlarmItem[];
  /** Not acknowledged, by severity, before filtering. */
  unacked: Record<Severity, number>;
  /** Shown or folded, by severity, before filtering. */
  total: Record<Severity, number>;
}

export function isMuted(alarm: AlarmItem): boolean {
  return MUTED.has(alarm.state);
}

export function needsAck(alarm: AlarmItem): boolean {
  return alarm.state === 'unacked' || alarm.state === 'returned';
}

/** Life safety with an active condition first; then not acknowledged before acknowledged; worse first; newer first. */
export function compareAlarms(a: AlarmItem, b: AlarmItem): number {
  return (
    Number(isLifeNow(b)) - Number(isLifeNow(a)) ||
    (ATTENTION[a.state] ?? 3) - (ATTENTION[b.state] ?? 3) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    b.lastAt - a.lastAt ||
    (a.id < b.id ? -1 : 1)
  );
}

function isLifeNow(alarm: AlarmItem): boolean {
  return alarm.lifeSafety && alarm.condition === 'active' && !isMuted(alarm);
}

export function arrangeAlarms(alarms: Iterable<AlarmItem>, filter: AlarmFilter): AlarmBoard {
  const board: AlarmBoard = { groups: [], muted: [], unacked: countBySeverity(), total: countBySeverity() };
  const groups = new Map<string, AlarmGroup>();
  for (const alarm of alarms) {
    if (!isMuted(alarm)) board.total[alarm.severity] += 1;
    if (needsAck(alarm)) board.unacked[alarm.severity] += 1;
    if (!passes(alarm, filter)) continue;
    if (isMuted(alarm)) {
      board.muted.push(alarm);
      continue;
    }
    const key = alarm.incidentId ?? alarm.id;
    const group = groups.get(key) ?? { key, incidentId: alarm.incidentId, alarms: [] };
    group.alarms.push(alarm);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.alarms.sort(compareInIncident);
  board.groups = [...groups.values()].sort((a, b) => compareAlarms(worst(a), worst(b)));
  board.muted.sort(compareAlarms);
  return board;
}

/** Within an incident the order of happening is the story; the first-out is its beginning. */
function compareInIncident(a: AlarmItem, b: AlarmItem): number {
  return Number(b.firstOut) - Number(a.firstOut) || a.firstAt - b.firstAt || (a.id < b.id ? -1 : 1);
}

function worst(group: AlarmGroup): AlarmItem {
  return group.alarms.reduce((best, alarm) => (compareAlarms(alarm, best) < 0 ? alarm : best));
}

function passes(alarm: AlarmItem, filter: AlarmFilter): boolean {
  if (filter.severities.length > 0 && !filter.severities.includes(alarm.severity)) return false;
  if (filter.states.length > 0 && !filter.states.includes(alarm.state)) return false;
  if (filter.communityId !== '' && alarm.communityId !== filter.communityId) return false;
  if (filter.kind !== '' && alarm.kind !== filter.kind) return false;
  const wanted = filter.text.trim().toLowerCase();
  return wanted === '' || haystack(alarm).includes(wanted);
}

function haystack(alarm: AlarmItem): string {
  const { title, location, deviceId, id, rule } = alarm;
  const places = `${locationTitle(location)} ${locationTitle(location, 'en')} ${location.building ?? ''}-${location.room ?? ''}`;
  return `${title.zh} ${title.en} ${places} ${deviceId} ${rule} ${id} ${alarm.ticketId ?? ''}`.toLowerCase();
}

function countBySeverity(): Record<Severity, number> {
  return { critical: 0, major: 0, minor: 0, notice: 0 };
}

/** What the keyboard walks through: rows as shown. A folded incident shows its head only. */
export function visibleAlarms(groups: readonly AlarmGroup[], folded: ReadonlySet<string>): AlarmItem[] {
  return groups.flatMap((group) => (folded.has(group.key) ? group.alarms.slice(0, 1) : group.alarms));
}
