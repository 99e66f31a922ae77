/**
 * Rules bound to devices and places: for each device the instances that its words go to. Rebuilt
 * when the register or the rules change; state stays with the key, so a rebuild loses nothing.
 */
import type { Device, DeviceKind } from '../../core/device.ts';
import { effectiveRules, type OverrideIndex } from '../../core/effective-rules.ts';
import { placeOf } from './places.ts';
import type { RuleContext } from './rule-type.ts';
import { type CompiledRule, compileRule, type RuleTypes } from './rule-types.ts';

/** One rule of one device or place; it is its own context, so that an evaluation allocates nothing. */
export interface Instance extends RuleContext {
  /** `rule/<rule id>/<device id or @place>`: key of its state. */
  key: string;
  /** `alarm/<rule id>/<device id or @place>`: key of its alarm slot. */
  slotKey: string;
  rule: CompiledRule;
  /** Whose alarm it is; of a place, the first device (by id) that carries the rule. */
  device: Device;
  members: Device[];
  active: boolean;
  state: unknown;
  dueAt: number | undefined;
}

export interface Bound {
  device: Device;
  /** Its own instances, and those of places it belongs to. */
  instances: Instance[];
}

export interface Binding {
  /** Key: device id. */
  devices: ReadonlyMap<string, Bound>;
  /** Key: instance key. */
  instances: ReadonlyMap<string, Instance>;
  /** Rules that could not be compiled, one line each; they do not run. */
  problems: string[];
}

export function bind(options: {
  devices: Iterable<Device>;
  kinds: ReadonlyMap<string, DeviceKind>;
  overrides: OverrideIndex;
  types: RuleTypes;
}): Binding {
  const devices = new Map<string, Bound>();
  const instances = new Map<string, Instance>();
  const problems = new Set<string>();
  // Key: the spec object itself, which devices of one kind share.
  const compiled = new Map<object, CompiledRule | undefined>();
  const compile = (spec: CompiledRule['spec']): CompiledRule | undefined => {
    if (compiled.has(spec)) return compiled.get(spec);
    let rule: CompiledRule | undefined;
    try {
      rule = compileRule(spec, options.types);
    } catch (error) {
      problems.add(error instanceof Error ? error.message : String(error));
    }
    compiled.set(spec, rule);
    return rule;
  };

  const sorted = [...options.devices].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const device of sorted) devices.set(device.id, { device, instances: [] });
  for (const bound of devices.values()) {
    const { device } = bound;
    const kind = options.kinds.get(device.kind);
    for (const { rule: spec } of effectiveRules({ device, kind, overrides: options.overrides })) {
      if (spec.enabled === false) continue;
      const rule = compile(spec);
      if (!rule) continue;
      if (rule.place === undefined) {
        const instance = newInstance(rule, device, device.id);
        instances.set(instance.key, instance);
        bound.instances.push(instance);
        continue;
      }
      const place = placeOf(device, rule.place);
      if (place === undefined) continue;
      const instance = newInstance(rule, device, `@${place}`);
      if (!instances.has(instance.key)) instances.set(instance.key, instance);
    }
  }
  joinPlaces(devices, instances);
  return { devices, instances, problems: [...problems] };
}

/** Hands every device of a place to the zone rules that run there, whoever carries the rule. */
function joinPlaces(devices: ReadonlyMap<string, Bound>, instances: ReadonlyMap<string, Instance>): void {
  // Key: rule id and place level; value: instances by place.
  const levels = new Map<NonNullable<CompiledRule['place']>, Map<string, Instance[]>>();
  for (const instance of instances.values()) {
    const level = instance.rule.place;
    if (level === undefined) continue;
    const place = placeOf(instance.device, level) as string;
    const byPlace = levels.get(level) ?? new Map<string, Instance[]>();
    levels.set(level, byPlace);
    byPlace.set(place, [...(byPlace.get(place) ?? []), instance]);
    instance.members = [];
  }
  for (const bound of devices.values())
    for (const [level, byPlace] of levels) {
      const place = placeOf(bound.device, level);
      for (const instance of (place !== undefined && byPlace.get(place)) || []) {
        instance.members.push(bound.device);
        bound.instances.push(instance);
      }
    }
}

function newInstance(rule: CompiledRule, device: Device, owner: string): Instance {
  return {
    key: `rule/${rule.spec.id}/${owner}`,
    slotKey: `alarm/${rule.spec.id}/${owner}`,
    rule,
    device,
    members: [device],
    active: false,
    state: undefined,
    dueAt: undefined,
  };
}
