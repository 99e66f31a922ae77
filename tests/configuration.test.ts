import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationPage } from '../tools/configuration.ts';

test('docs/CONFIGURATION.md is what the schemas say', () => {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'CONFIGURATION.md'), 'utf8');
  expect(page, 'run: npm run configuration').toBe(configurationPage());
});

test('every setting has a sentence that explains it', () => {
  for (const line of configurationPage()
    .split('\n')
    .filter((row) => row.startsWith('| `')))
    expect(line).toMatch(/\| [^|]{8,} \|$/);
});
