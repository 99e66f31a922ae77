import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlarmFact } from '../../core/alarm.ts';
import { canonicalJson, chain, verifyLinks } from '../../core/chain.ts';
import { anyFacts } from './alarm-facts.ts';

function verify(links: ReturnType<typeof chain>, facts: readonly AlarmFact[]) {
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  return verifyLinks(undefined, links, (id) => byId.get(id)).faults;
}

const some = anyFacts.filter((facts) => facts.length > 2);

test('what nobody touched verifies, in one piece or in several, through any JSON', () => {
  fc.assert(
    fc.property(some, fc.nat(), (facts, cut) => {
      const half = cut % facts.length;
      const first = chain(undefined, facts.slice(0, half));
      const links = [...first, ...chain(first.at(-1), facts.slice(half))];
      expect(links).toEqual(chain(undefined, facts));
      const stored = JSON.parse(JSON.stringify(facts)) as AlarmFact[];
      expect(verify(links, stored)).toEqual([]);
      const before = verifyLinks(undefined, links.slice(0, half), (id) => stored.find((fact) => fact.id === id));
      const after = verifyLinks(before.head, links.slice(half), (id) => stored.find((fact) => fact.id === id));
      expect([...before.faults, ...after.faults]).toEqual([]);
      expect(after.head.hash).toBe(links.at(-1)?.hash);
    }),
    { numRuns: 100 },
  );
});

test('whatever is changed, removed, cut out, swapped or slipped in is found', () => {
  fc.assert(
    fc.property(some, fc.nat(), (facts, pick) => {
      const links = chain(undefined, facts);
      const index = pick % facts.length;
      const without = facts.filter((_, at) => at !== index);
      const target = facts[index] as AlarmFact;
      expect(verify(links, without)).toMatchObject([{ type: 'removed-fact', factId: target.id }]);
      const changed = facts.map((fact) => (fact === target ? { ...fact, at: fact.at + 1 } : fact));
      expect(verify(links, changed)).toMatchObject([{ type: 'changed-fact', factId: target.id }]);
      const slipped = facts.map((fact) => (fact === target ? { ...fact, author: { ...fact.author, id: 'x' } } : fact));
      const forged = links.map((link, at) =>
        at === index ? (chain(links[at - 1], [slipped[at] as AlarmFact])[0] ?? link) : link,
      );
      expect(verify(forged, slipped).length).toBe(index === facts.length - 1 ? 0 : 1);
      if (index < facts.length - 1) {
        const cut = links.filter((_, at) => at !== index);
        expect(verify(cut, without).map((fault) => fault.type)).toContain('broken-link');
        const renumbered = cut.map((link, at) => ({ ...link, seq: at + 1 }));
        expect(verify(renumbered, without).map((fault) => fault.type)).toContain('broken-link');
      }
    }),
    { numRuns: 100 },
  );
});

test('a forged head gives itself away to who noted it: only the newest link can be replaced unseen', () => {
  const facts = fc.sample(some, 1)[0] as AlarmFact[];
  const links = chain(undefined, facts);
  const forged = chain(links.at(-2), [{ ...(facts.at(-1) as AlarmFact), at: 1 }]);
  expect(forged[0]?.hash).not.toBe(links.at(-1)?.hash);
});

test('the order of keys and what is undefined make no difference, everything else does', () => {
  expect(canonicalJson({ b: 1, a: [undefined, { d: null, c: undefined }] })).toBe('{"a":[null,{"d":null}],"b":1}');
  expect(canonicalJson({ a: '1' })).not.toBe(canonicalJson({ a: 1 }));
});
