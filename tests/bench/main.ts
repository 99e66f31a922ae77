/**
 * `npm run bench -- NAME [--json FILE]`: runs tests/bench/NAME.ts and prints a table with the machine,
 * the medians and the ratio to the baseline. Every ratio is of one run on one machine.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, uptime } from 'node:os';
import { parseArgs } from 'node:util';

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

const folder = new URL('.', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
});
const name = positionals[0];
if (!name || !names.includes(name)) {
  process.stderr.write(`bench: give one of ${names.join(', ')}: npm run bench -- NAME [--json FILE]\n`);
  process.exit(1);
}
const bench = ((await import(new URL(`./${name}.ts`, folder).href)) as { default: Bench }).default;
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGigabyte: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  upHours: Math.round(uptime() / 360) / 10,
};
const rows = await bench.run();
print();
if (flags.json)
  writeFileSync(flags.json, `${JSON.stringify({ bench: name, title: bench.title, machine, rows }, null, 2)}\n`);
process.exit(0);

function print(): void {
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
  process.stdout.write(`\n${bench.title}\n`);
  process.stdout.write(
    `${machine.cores} cores ${machine.processor}, ${machine.memoryGigabyte} GB, Node ${machine.node}\n\n`,
  );
  for (const line of table)
    process.stdout.write(
      `${line.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join('  ')}\n`,
    );
  for (const note of bench.notes ?? []) process.stdout.write(`\n${note}`);
  process.stdout.write('\n');
}

function ratio(value: number | null | undefined, base: number | null | undefined): number | null {
  return typeof value === 'number' && typeof base === 'number' && base > 0 ? value / base : null;
}

function show(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(2);
}
