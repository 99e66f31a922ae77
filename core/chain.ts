/**
 * A hash chain over alarm facts: each link holds the hash of its fact and a hash over everything up
 * to it, so that no fact can be changed, removed or slipped in afterwards without every later link
 * saying so. Pure. Evidence is covered too: its fact carries the SHA-256 of its bytes.
 */
import { createHash } from 'node:crypto';
import type { AlarmFact } from './alarm.ts';

/** What the first link follows: the chain of another store does not fit. */
const CHAIN_START = '0'.repeat(64);

export interface Link {
  /** 1 for the first. */
  seq: number;
  factId: string;
  factHash: string;
  /** Over the link before and this fact: the head says all. */
  hash: string;
}

/** SHA-256 of the fact, whatever the order of its keys. */
function hashFact(fact: AlarmFact): string {
  return sha256(canonicalJson(fact));
}

function hashLink(previous: string, factHash: string): string {
  return sha256(`${previous}${factHash}`);
}

/** The links that follow `last` for these facts, in their order. */
export function chain(last: Pick<Link, 'seq' | 'hash'> | undefined, facts: readonly AlarmFact[]): Link[] {
  let seq = last?.seq ?? 0;
  let hash = last?.hash ?? CHAIN_START;
  return facts.map((fact) => {
    const factHash = hashFact(fact);
    seq += 1;
    hash = hashLink(hash, factHash);
    return { seq, factId: fact.id, factHash, hash };
  });
}

export type Fault =
  /** The link does not follow from the one before: something was cut out, slipped in or rewritten. */
  | { type: 'broken-link'; seq: number; factId: string }
  | { type: 'missing-link'; seq: number }
  | { type: 'changed-fact'; seq: number; factId: string }
  | { type: 'removed-fact'; seq: number; factId: string };

/**
 * Walks the links in the order of `seq`, with the facts as they are stored now (by id; undefined when
 * there is none). Returns the head to go on from, so that a long chain is verified in pieces.
 */
export function verifyLinks(
  last: Pick<Link, 'seq' | 'hash'> | undefined,
  links: readonly Link[],
  factOf: (id: string) => AlarmFact | undefined,
): { faults: Fault[]; head: Pick<Link, 'seq' | 'hash'> } {
  const faults: Fault[] = [];
  let head = last ?? { seq: 0, hash: CHAIN_START };
  for (const link of links) {
    const { seq, factId } = link;
    for (let missing = head.seq + 1; missing < seq; missing += 1) faults.push({ type: 'missing-link', seq: missing });
    if (hashLink(head.hash, link.factHash) !== link.hash) faults.push({ type: 'broken-link', seq, factId });
    const fact = factOf(factId);
    if (!fact) faults.push({ type: 'removed-fact', seq, factId });
    else if (hashFact(fact) !== link.factHash) faults.push({ type: 'changed-fact', seq, factId });
    head = { seq, hash: link.hash };
  }
  return { faults, head };
}

/** JSON with sorted keys and without what is undefined: the same bytes for the same content. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
