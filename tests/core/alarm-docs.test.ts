import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lifeCycleTable } from './life-cycle-table.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
/** However the table is aligned. */
const withoutPadding = (text: string) => text.replaceAll(/ +\|/g, ' |').replaceAll(/-{3,}/g, '---');

test('docs/ALARMS.md prints the life cycle as it is', () => {
  expect(withoutPadding(read('docs/ALARMS.md'))).toContain(withoutPadding(lifeCycleTable()));
});

test('docs/add-a-rule.md names every rule type, and none that is not there', () => {
  const types = readdirSync(new URL('../../edge/rules', import.meta.url)).map((file) => file.replace(/\.ts$/, ''));
  const named = [...read('docs/add-a-rule.md').matchAll(/^\| `([a-z0-9-]+)` +\|/gm)].map((match) => match[1]);
  expect(named.sort()).toEqual(types.sort());
});
