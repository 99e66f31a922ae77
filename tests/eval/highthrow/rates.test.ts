import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const model = join(import.meta.dirname, '..', '..', '..', 'models', 'highthrow');

test('the rates of a busy day in the model card are those of the generator', () => {
  const table = readFileSync(join(model, 'train', 'day.py'), 'utf8');
  const rates = [...table.matchAll(/^ {4}"(\S+)": Rate\((None|[\d.]+), ([\d.]+), "(.*)"\),$/gm)];
  const kinds = /^DISTRACTORS = \(([^)]*)\)/m.exec(readFileSync(join(model, 'train', 'recipes.py'), 'utf8'))?.[1] ?? '';
  expect(rates.map(([, kind]) => kind)).toEqual([...kinds.matchAll(/"([^"]+)"/g)].map(([, kind]) => kind));
  const rows = rates.map(([, kind, hourly, elsewhere, why]) =>
    hourly === 'None'
      ? `| ${kind} | always | in ${elsewhere} of clips | ${why} |`
      : `| ${kind} | ${hourly} an hour | ${elsewhere} an hour | ${why} |`,
  );
  expect(readFileSync(join(model, 'README.md'), 'utf8')).toContain(rows.join('\n'));
});
