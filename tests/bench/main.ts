/**
 * `npm run bench -- NAME [--json FILE]`: runs tests/bench/NAME.ts and prints a table with the machine,
 * the medians and the ratio to the baseline. Every ratio is of one run on one machine.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, uptime } from 'node:os';
import { readCommand, runCommand } from '../../core/command.ts';
import { StartError } from '../../core/errors.ts';

export interface Row {
  /** What was measured, the first row of a group is its baseline. */
  name: string;
  /** Quantity with its unit last → value; `null` where it makes no sense. */
  values: Record<string, number | null>;
}

export interface Bench {
  title: string;
  /** What the figures mean and how they were taken, in a few lines. */
  notes?: string[];
  run(): Promise<Row[]>;
}

const USAGE = 'npm run bench -- NAME [--json [FILE]]';
const folder = new URL('.', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGigabyte: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  upHours: Math.round(uptime() / 360) / 10,
};

await runCommand('bench', async () => {
  const { values, positionals } = readCommand(
    { allowPositionals: true, options: { json: { type: 'boolean', default: false } } },
    USAGE,
  );
  const [name, file] = positionals;
  if (!name || !names.includes(name)) throw new StartError(`give one of ${names.join(', ')}; usage: ${USAGE}`);
  const bench = ((await import(new URL(`./${name}.ts`, folder).href)) as { default: Bench }).default;
  const rows = await bench.run();
  const json = `${JSON.stringify({ bench: name, title: bench.title, machine, rows }, null, 2)}\n`;
  if (values.json && file) writeFileSync(file, json);
  // Without a file the JSON is what a program reads, and the table is for who looks on.
  if (values.json && !file) process.stdout.write(json);
  (values.json && !file ? process.stderr : process.stdout).write(toTable(bench, rows));
  process.exit(0);
});

function toTable(bench: Bench, rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.values)))];
  const first = rows[0];
  const main = columns[0] ?? '';
  const table = [
    ['', ...columns, `${main} ÷ ${first?.name}`],
    ...rows.map((row) => [
      row.name,
      ...columns.map((column) => show(row.values[column])),
      show(ratio(row.values[main], first?.values[main])),
    ]),
  ];
  const widths = table[0]?.map((_cell, index) => Math.max(...table.map((line) => line[index]?.length ?? 0))) ?? [];
  const where = `${machine.cores} cores ${machine.processor}, ${machine.memoryGigabyte} GB, Node ${machine.node}`;
  const lines = table.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  );
  return ['', bench.title, where, '', ...lines, '', ...(bench.notes ?? []), ''].join('\n');
}

function ratio(value: number | null | undefined, base: number | null | undefined): number | null {
  return typeof value === 'number' && typeof base === 'number' && base > 0 ? value / base : null;
}

function show(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(2);
}
