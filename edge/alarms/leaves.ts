/** What the leaves of `voting` and `boolean` rules say: which are true, of which device, until when. */
import type { Device } from '../../core/device.ts';
import type { Leaf } from '../../core/rule-pieces.ts';
import { compare, matches } from './params.ts';
import type { Reads, RuleInput } from './rule-type.ts';

/** Only what is true. Key: `leaf index/device id`; value: until when, 0 for no end. */
export type Truths = Readonly<Record<string, number>>;

export function readsOf(leaves: readonly Leaf[]): Reads {
  return {
    fields: leaves.flatMap((leaf) => ('field' in leaf ? [leaf.field] : [])),
    events: leaves.flatMap((leaf) => ('event' in leaf ? [...leaf.event, ...(leaf.clearEvent ?? [])] : [])),
    liveness: leaves.some((leaf) => 'liveness' in leaf),
  };
}

/** What is true after this input; the same object when nothing changed. */
export function updateTruths(
  leaves: readonly Leaf[],
  truths: Truths,
  input: RuleInput,
  members: readonly Device[],
): Truths {
  let next: Record<string, number> | undefined;
  const set = (key: string, until: number | undefined) => {
    if ((next ?? truths)[key] === until) return;
    next ??= { ...truths };
    if (until === undefined) delete next[key];
    else next[key] = until;
  };
  for (const [key, until] of Object.entries(truths)) {
    // What a device said that has left the place since counts no longer.
    const isHere = members.some((member) => key.endsWith(`/${member.id}`));
    if (!isHere || (until !== 0 && until <= input.at)) set(key, undefined);
  }
  if (input.type === 'observation' || input.type === 'liveness')
    leaves.forEach((leaf, index) => {
      if (!isMeant(leaf, input.device)) return;
      const said = tell(leaf, input);
      if (said !== undefined) set(`${index}/${input.device.id}`, said === false ? undefined : said);
    });
  return next ?? truths;
}

/** When the next of them stops being true by itself. */
export function nextEndAt(truths: Truths): number | undefined {
  const ends = Object.values(truths).filter((until) => until !== 0);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** True until an instant (0: no end), false, or undefined when the input says nothing about it. */
function tell(leaf: Leaf, input: Extract<RuleInput, { type: 'observation' | 'liveness' }>): number | false | undefined {
  if (input.type === 'liveness') {
    if (!('liveness' in leaf)) return undefined;
    return input.liveness === 'unavailable' ? 0 : false;
  }
  const { observation } = input;
  if (observation.channel === 'telemetry') {
    if (!('field' in leaf)) return undefined;
    const value = observation.values[leaf.field];
    if (value === undefined) return undefined;
    return compare(value, leaf) ? 0 : false;
  }
  if (!('event' in leaf)) return undefined;
  if (leaf.event.includes(observation.type) && matches(observation.fields, leaf.where))
    return leaf.forMs === undefined ? 0 : input.at + leaf.forMs;
  return leaf.clearEvent?.includes(observation.type) ? false : undefined;
}

function isMeant(leaf: Leaf, device: Device): boolean {
  return (leaf.kind === undefined || leaf.kind === device.kind) && (!leaf.device || leaf.device === device.id);
}
