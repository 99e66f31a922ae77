/**
 * The tables of docs/ that definitions fill: the device kinds and the scenarios. `npm run tables`
 * writes them; tests/tidy.test.ts fails when a page says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceKind } from '../core/device.ts';
import { scanDefinitions } from '../core/scan.ts';
import { loadKinds } from '../devices/kinds.ts';
import type { Scenario } from '../simulators/scenario.ts';

const root = join(import.meta.dirname, '..');

/** Page below docs/ → its table's lines. */
export async function docTables(): Promise<ReadonlyMap<string, string>> {
  const scenarios = await scanDefinitions<Scenario>(join(root, 'simulators', 'scenarios'));
  return new Map([
    ['add-a-device-kind.md', kindsTable(await loadKinds())],
    ['SCENARIOS.md', scenariosTable(scenarios)],
  ]);
}

/** The page with the table between its two marks replaced. Throws when the marks are missing. */
export function withTable(page: string, table: string): string {
  const marked = /(<!-- table -->\n)[\s\S]*?(<!-- \/table -->)/;
  if (!marked.test(page)) throw new Error('the page lacks <!-- table --> … <!-- /table -->');
  return page.replace(marked, (_all, open: string, close: string) => `${open}\n${table}\n\n${close}`);
}

function kindsTable(kinds: ReadonlyMap<string, DeviceKind>): string {
  const rows = [...kinds].map(([id, kind]) => {
    const fields = Object.entries(kind.fields).map(([name, field]) => `${name}${field.unit ? ` (${field.unit})` : ''}`);
    const rules = kind.rules.map((rule) => `${rule.id}${rule.enabled === false ? ' (off)' : ''}: ${rule.severity}`);
    return row([
      `\`${id}\``,
      `${kind.title.zh} · ${kind.title.en}`,
      kind.family,
      fields.join(', '),
      Object.keys(kind.events).join(', '),
      `${kind.silentAfterMs / 60_000} min`,
      rules.join(', '),
    ]);
  });
  return [...head(['kind', 'title', 'family', 'telemetry', 'events', 'silent after', 'default rules']), ...rows].join(
    '\n',
  );
}

function scenariosTable(scenarios: ReadonlyMap<string, Scenario>): string {
  const rows = [...scenarios].map(([name, { title, shows, durationMs }]) =>
    row([`\`${name}\``, `${title.zh} · ${title.en}`, `${shows.zh} · ${shows.en}`, `${durationMs / 60_000} min`]),
  );
  return [...head(['name', 'title', 'shows', 'takes']), ...rows].join('\n');
}

function head(columns: string[]): string[] {
  return [row(columns), row(columns.map(() => '---'))];
}

function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.main) {
  for (const [name, table] of await docTables()) {
    const file = join(root, 'docs', name);
    writeFileSync(file, withTable(readFileSync(file, 'utf8'), table));
  }
}
