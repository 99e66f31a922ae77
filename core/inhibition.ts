/**
 * Which alarms mute which: while an alarm that `when` selects is active, alarms that `mutes` selects
 * of the same device, place or line of supply are suppressed by design (ISA-18.2). An alarm that
 * mutes is itself not muted under the same rule. Pure, and indexed: an alarm that comes or goes touches
 * only the alarms it shares a key with, whatever the number of rules.
 */
import { z } from 'zod';
import type { Alarm } from './alarm.ts';
import type { Device } from './device.ts';
import { severitySchema } from './rule.ts';
import { idSchema, noteSchema } from './text.ts';

const selectorSchema = z.strictObject({
  rules: z.array(idSchema).max(100).optional(),
  kinds: z.array(idSchema).max(100).optional(),
  severities: z.array(severitySchema).optional(),
});
type Selector = z.infer<typeof selectorSchema>;

export const SHARED = ['device', 'upstream', 'zone', 'floor', 'building', 'gateway', 'community'] as const;

/** Per community. */
export const INHIBITIONS_MAX = 200;

export const inhibitionSchema = z.strictObject({
  id: idSchema,
  when: selectorSchema,
  mutes: selectorSchema,
  /** What both have in common. `upstream`: the muted device hangs on the other one (`options.upstream`). */
  same: z.enum(SHARED),
  reason: noteSchema,
});
export type Inhibition = z.infer<typeof inhibitionSchema>;

/** Muted by `source` under the rule `inhibition`. */
export interface Muting {
  inhibition: Inhibition;
  sourceId: string;
  targetId: string;
}

interface Entry {
  alarm: Alarm;
  device: Device | undefined;
  /** Keys under which it stands as a source and as a target. Key: `rule id|shared value`. */
  sourceKeys: string[];
  targetKeys: string[];
}

export class Inhibitor {
  /** Key: alarm rule id, or `*`. Rules that an alarm of it may mute by, or be muted by. */
  readonly #whenByRule = new Map<string, Inhibition[]>();
  readonly #mutesByRule = new Map<string, Inhibition[]>();
  readonly #byId = new Map<string, Inhibition>();
  /** Key: `inhibition id|shared value`; value: alarm ids, the oldest first. */
  readonly #sources = new Map<string, Set<string>>();
  readonly #targets = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Entry>();

  constructor(rules: readonly Inhibition[]) {
    for (const rule of rules) {
      this.#byId.set(rule.id, rule);
      for (const [index, selector] of [
        [this.#whenByRule, rule.when],
        [this.#mutesByRule, rule.mutes],
      ] as const)
        for (const id of selector.rules ?? ['*']) index.set(id, [...(index.get(id) ?? []), rule]);
    }
  }

  /** An alarm became active: what mutes it, and what it mutes. An alarm that is known changes nothing. */
  add(alarm: Alarm, device?: Device): { mutedBy: Muting[]; mutes: Muting[] } {
    const mutedBy: Muting[] = [];
    const mutes: Muting[] = [];
    if (this.#entries.has(alarm.id)) return { mutedBy, mutes };
    const entry: Entry = { alarm, device, sourceKeys: [], targetKeys: [] };
    this.#entries.set(alarm.id, entry);
    for (const rule of this.#candidates(this.#whenByRule, alarm)) {
      const key = selects(rule.when, alarm) && keyOf(rule, alarm, device, 'source');
      if (!key) continue;
      entry.sourceKeys.push(key);
      const isFirst = (this.#sources.get(key)?.size ?? 0) === 0;
      add(this.#sources, key, alarm.id);
      if (!isFirst) continue;
      for (const targetId of this.#targets.get(key) ?? [])
        mutes.push({ inhibition: rule, sourceId: alarm.id, targetId });
    }
    for (const rule of this.#candidates(this.#mutesByRule, alarm)) {
      const key = selects(rule.mutes, alarm) && keyOf(rule, alarm, device, 'target');
      // Two alarms that a rule selects on both sides would mute each other, and nobody would hear either.
      if (!key || entry.sourceKeys.includes(key)) continue;
      entry.targetKeys.push(key);
      add(this.#targets, key, alarm.id);
      const [sourceId] = this.#sources.get(key) ?? [];
      if (sourceId) mutedBy.push({ inhibition: rule, sourceId, targetId: alarm.id });
    }
    return { mutedBy, mutes };
  }

  /** It is no longer active: the alarms that nothing else of the same rule mutes any more. */
  remove(alarmId: string): Muting[] {
    const entry = this.#entries.get(alarmId);
    if (!entry) return [];
    this.#entries.delete(alarmId);
    for (const key of entry.targetKeys) drop(this.#targets, key, alarmId);
    const freed: Muting[] = [];
    for (const key of entry.sourceKeys) {
      drop(this.#sources, key, alarmId);
      if (this.#sources.has(key)) continue;
      const inhibition = this.#byId.get(key.slice(0, key.indexOf('|'))) as Inhibition;
      for (const targetId of this.#targets.get(key) ?? []) freed.push({ inhibition, sourceId: alarmId, targetId });
    }
    return freed;
  }

  #candidates(index: ReadonlyMap<string, Inhibition[]>, alarm: Alarm): Inhibition[] {
    const own = index.get(alarm.rule);
    const any = index.get('*');
    return own && any ? [...own, ...any] : (own ?? any ?? []);
  }
}

/** Life safety is never muted by another alarm: at most a test or a window may do that, with an end. */
function selects(selector: Selector, alarm: Alarm): boolean {
  return (
    (!selector.rules || selector.rules.includes(alarm.rule)) &&
    (!selector.kinds || selector.kinds.includes(alarm.kind)) &&
    (!selector.severities || selector.severities.includes(alarm.severity))
  );
}

function keyOf(rule: Inhibition, alarm: Alarm, device: Device | undefined, side: 'source' | 'target') {
  if (side === 'target' && alarm.lifeSafety) return undefined;
  const shared = sharedOf(rule.same, alarm, device, side);
  return shared === undefined ? undefined : `${rule.id}|${shared}`;
}

function sharedOf(
  same: Inhibition['same'],
  { deviceId, communityId, gatewayId, location }: Alarm,
  device: Device | undefined,
  side: 'source' | 'target',
): string | undefined {
  const { building, unit, floor, zone } = location;
  switch (same) {
    case 'device':
      return deviceId;
    case 'upstream': {
      const upstream = device?.options?.upstream;
      return side === 'source' ? deviceId : typeof upstream === 'string' ? upstream : undefined;
    }
    case 'gateway':
      return gatewayId;
    case 'community':
      return communityId;
    case 'zone':
      return zone && `${communityId}/${zone}`;
    case 'floor':
      return building && floor !== undefined ? `${communityId}/${building}/${unit ?? ''}/${floor}` : undefined;
    case 'building':
      return building && `${communityId}/${building}`;
  }
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const set = index.get(key);
  if (set) set.add(id);
  else index.set(key, new Set([id]));
}

function drop(index: Map<string, Set<string>>, key: string, id: string): void {
  const set = index.get(key);
  set?.delete(id);
  if (set?.size === 0) index.delete(key);
}

/** What every community has unless told otherwise. */
export const DEFAULT_INHIBITIONS: readonly Inhibition[] = [
  {
    id: 'silent-upstream',
    when: { rules: ['silent'] },
    mutes: { rules: ['silent'] },
    same: 'upstream',
    reason: '上级设备失联，其下设备的失联不单独报警 / what it hangs on is silent itself',
  },
  {
    id: 'silent-battery',
    when: { rules: ['silent'] },
    mutes: { rules: ['battery-low'] },
    same: 'device',
    reason: '设备失联，已有报警 / the device is silent, which says more',
  },
];
