/**
 * Mutants of good JSON, as bytes: a wrong type, a missing or an extra field, huge numbers, deep
 * nesting, long and broken text, and bytes that are no UTF-8 or no JSON at all.
 */
import type { Random } from '../../simulators/random.ts';

const DEPTH = 20_000;
const LONG = 30_000;

/** Texts of JSON that take the place of a value; written as text, since some have no value in JavaScript. */
const HOSTILE = [
  'null',
  'true',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e15',
  '9007199254740993',
  '9223372036854775808',
  '-1e308',
  '1e999',
  '9'.repeat(400),
  '""',
  '" "',
  JSON.stringify('x'.repeat(LONG)),
  JSON.stringify('\u0000'),
  JSON.stringify('a\u0000b\u202e\ufeff'),
  '"\\ud800"',
  JSON.stringify('😀'.repeat(200)),
  JSON.stringify("'; drop table alarms; --"),
  JSON.stringify('../../etc/passwd'),
  JSON.stringify('{{constructor}}%s%n'),
  '[]',
  '{}',
  '[[]]',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"toString":1,"hasOwnProperty":null}',
  `[${'1,'.repeat(3_000)}1]`,
  `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`,
  `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
];

/** Stands in a value for a text of JSON, until that takes its place. */
const MARK = '\u{1F9EC}mark';

/** A broken copy of `value`, as bytes; `value` itself now and then, since good input must pass between bad. */
export function drawMutant(value: unknown, random: Random): Buffer {
  const bytes = bytesOf(value);
  const path = random.pick(pathsOf(value));
  const at = Math.floor(random.between(0, bytes.length));
  switch (random.pick(OPERATIONS)) {
    case 'none':
      return bytes;
    case 'replace':
      return withHostile(
        edited(value, path, () => MARK),
        random,
      );
    case 'remove':
      return bytesOf(edited(value, path, () => undefined));
    case 'extend': {
      const key = random.pick(EXTRA_KEYS);
      const add = (old: unknown) => (isObject(old) ? { ...old, [key]: MARK } : MARK);
      return withHostile(edited(value, path, add), random);
    }
    case 'tear':
      return bytes.subarray(0, at);
    case 'dirty':
      return Buffer.concat([bytes.subarray(0, at), noiseOf(random, 8), bytes.subarray(at)]);
    case 'rubbish':
      return random.chance(0.5) ? noiseOf(random, 200) : Buffer.from(random.pick(HOSTILE));
  }
}

const OPERATIONS = [
  'none',
  'replace',
  'replace',
  'replace',
  'remove',
  'extend',
  'extend',
  'tear',
  'dirty',
  'rubbish',
] as const;

const EXTRA_KEYS = ['extra', 'constructor', 'toString', 'at', 'type', '', 'x'.repeat(2_000)];

export function noiseOf(random: Random, bytesMax: number): Buffer {
  const length = 1 + Math.floor(random.between(0, bytesMax));
  return Buffer.from(Array.from({ length }, () => Math.floor(random.between(0, 256))));
}

type Path = (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((one, index) => pathsOf(one, [...path, index]))];
  if (isObject(value)) return [path, ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))];
  return [path];
}

function edited(value: unknown, [step, ...rest]: Path, edit: (old: unknown) => unknown): unknown {
  if (step === undefined) return edit(value);
  if (Array.isArray(value)) return value.map((one, index) => (index === step ? edited(one, rest, edit) : one));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === step ? edited(one, rest, edit) : one]),
  );
}

function withHostile(marked: unknown, random: Random): Buffer {
  const hostile = random.pick(HOSTILE);
  return Buffer.from(
    bytesOf(marked)
      .toString()
      .replace(JSON.stringify(MARK), () => hostile),
  );
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value) ?? '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
