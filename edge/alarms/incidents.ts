/**
 * Alarms of one place and time become one incident: the kitchen fire that five devices see. The
 * first alarm leads (first-out); those that follow within ten minutes of the last one, in the same
 * zone, on the same floor or the next, or at the same spot, join it in the order they came. Devices
 * that fall silent together are one incident of their own. An alarm that stays alone is no incident,
 * and a notice never makes one.
 */
import type { Alarm } from '../../core/alarm.ts';

export const INCIDENT_WINDOW_MS = 10 * 60_000;
const ALARMS_MAX = 500;

/** Plain data: the persistent form of an incident that may still grow. */
export interface Incident {
  id: string;
  /** In the order of their raise; the first is first-out. */
  alarmIds: string[];
  tokens: string[];
  lastAt: number;
}

export class Incidents {
  readonly #incidents = new Map<string, Incident>();
  /** Key: place token; value: ids of incidents that hold it. */
  readonly #byToken = new Map<string, Set<string>>();

  get(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  restore(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    for (const token of incident.tokens)
      this.#byToken.set(token, (this.#byToken.get(token) ?? new Set()).add(incident.id));
  }

  /** The incident that this raise starts or joins, or nothing if it has no place or no weight. */
  join(alarm: Alarm, at: number): { incident: Incident; isNew: boolean } | undefined {
    if (alarm.severity === 'notice') return undefined;
    const tokens = tokensOf(alarm);
    if (tokens.own.length === 0) return undefined;
    const found = [...tokens.own, ...tokens.near]
      .flatMap((token) => [...(this.#byToken.get(token) ?? [])])
      .map((id) => this.#incidents.get(id) as Incident)
      .filter((incident) => at - incident.lastAt <= INCIDENT_WINDOW_MS)
      .sort((a, b) => (a.id < b.id ? -1 : 1))[0];
    if (found?.alarmIds.includes(alarm.id) || (found && found.alarmIds.length >= ALARMS_MAX)) {
      const same = { ...found, lastAt: at };
      this.restore(same);
      return { incident: same, isNew: false };
    }
    const incident: Incident = found
      ? {
          ...found,
          alarmIds: [...found.alarmIds, alarm.id],
          tokens: [...new Set([...found.tokens, ...tokens.own])],
          lastAt: at,
        }
      : { id: `incident-${alarm.id}`, alarmIds: [alarm.id], tokens: tokens.own, lastAt: at };
    this.restore(incident);
    return { incident, isNew: true };
  }

  delete(id: string): void {
    const incident = this.#incidents.get(id);
    if (!incident) return;
    this.#incidents.delete(id);
    for (const token of incident.tokens) {
      const ids = this.#byToken.get(token);
      ids?.delete(id);
      if (ids?.size === 0) this.#byToken.delete(token);
    }
  }
}

/** Devices that fall silent together have lost what they share, a switch or a supply, wherever they stand. */
const SILENT = 'silent';

/** `own`: where it is; `near`: where its smoke goes. */
function tokensOf({ communityId, location, rule }: Alarm): { own: string[]; near: string[] } {
  if (rule === SILENT) return { own: [`${communityId}/silent`], near: [] };
  const { building, unit, floor, spot, zone } = location;
  const own: string[] = [];
  const near: string[] = [];
  if (zone) own.push(`${communityId}/zone/${zone}`);
  if (building && floor !== undefined) {
    const on = (level: number) => `${communityId}/floor/${building}/${unit ?? ''}/${level}`;
    own.push(on(floor));
    near.push(on(floor - 1), on(floor + 1));
  } else if (building) own.push(`${communityId}/building/${building}/${unit ?? ''}/${spot ?? ''}`);
  else if (spot) own.push(`${communityId}/spot/${spot}`);
  return { own, near };
}
