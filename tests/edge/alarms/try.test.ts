import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fetchHistory } from '../../../edge/alarms/history.ts';
import { parseInstant } from '../../../edge/alarms/local-time.ts';
import { loadRuleTypes } from '../../../edge/alarms/rule-types.ts';
import { tryRule } from '../../../edge/alarms/try.ts';
import { device, rule, START_AT, span } from './timeline.ts';

const hot = rule({ id: 'hot', type: 'threshold', with: { field: 't', above: 60, onDelayMs: 60_000 } });

/** A bin that is hot for ten minutes every six hours. */
const week = Array.from({ length: 7 * 24 * 12 }, (_, index) => {
  const at = START_AT + index * span('5m');
  const isHot = index % 72 < 3;
  return { deviceId: 'bin-1', at, values: { t: isHot ? 70 : 20 } };
});

test('tells how often a rule would have fired over recorded history, and on what', async () => {
  const trial = tryRule({
    rule: { ...hot, enabled: false },
    kinds: ['smart-bin'],
    devices: [device('bin-1', 'smart-bin')],
    history: week.map((line) => ({
      ...line,
      kind: 'smart-bin',
      communityId: 'jinxiu',
      receivedAt: line.at,
      quality: 'good',
      channel: 'telemetry',
    })),
    fromAt: START_AT + span('1d'),
    toAt: START_AT + span('7d'),
    ruleTypes: await loadRuleTypes(),
  });
  expect(trial.firings).toHaveLength(24);
  expect(trial).toMatchObject({ perDay: 4, byDevice: [{ deviceId: 'bin-1', firings: 24 }], medianMs: span('14m') });
  expect(trial.firings[0]).toMatchObject({ at: START_AT + span('24h1m'), cause: { t: 70 }, mutedBy: null });
});

test('npm run rules -- try reads JSON lines and prints what would have been', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linli-try-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const history = join(folder, 'history.jsonl');
  const file = join(folder, 'rule.json');
  writeFileSync(history, week.map((line) => JSON.stringify(line)).join('\n'));
  writeFileSync(file, JSON.stringify(hot));
  const run = (...args: string[]) => {
    const program = join(import.meta.dirname, '../../../edge/alarms/rules.ts');
    return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  };
  const tried = run(
    'try',
    file,
    '--kind',
    'smart-bin',
    '--from',
    '2026-03-02',
    '--to',
    '2026-03-09',
    '--history',
    history,
  );
  expect(tried.stderr).toBe('');
  expect(tried.stdout).toContain('would have fired 27 times, 0 of them muted');
  writeFileSync(history, '{"deviceId":"bin-1","at":1,"values":{}}\n{"deviceId":"bin-1"}\n');
  const broken = run('try', file, '--from', '2026-03-02', '--history', history);
  expect(broken).toMatchObject({ status: 1, stdout: '' });
  expect(broken.stderr).toMatch(/^linli rules: .*history\.jsonl, line 2: /);
});

test('history comes from the hub: buckets keep their extremes, pages follow the cursor', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://hub');
    asked.push(`${url.pathname} ${request.headers.authorization}`);
    const answer = url.pathname.endsWith('/series')
      ? {
          points: [
            [1_000, 10, 40, 70, 5],
            [61_000, 20, 20, 20, 1],
          ],
        }
      : url.pathname === '/api/events'
        ? { items: [{ at: 30_000, type: 'fire', fields: {} }], nextCursor: null }
        : url.searchParams.has('cursor')
          ? { items: [device('bin-2', 'other')], nextCursor: null }
          : { items: [device('bin-1', 'smart-bin')], nextCursor: 'next' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const history = await fetchHistory({
    hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'secret',
    kinds: ['smart-bin'],
    fields: ['t'],
    events: ['fire'],
    fromAt: 0,
    toAt: 100_000,
    stepMs: 60_000,
  });
  expect(history.devices.map((one) => one.id)).toEqual(['bin-1']);
  expect(history.observations.map((one) => (one.channel === 'event' ? one.type : one.values.t))).toEqual([
    70,
    10,
    'fire',
    20,
  ]);
  expect(asked).toContain('/api/devices/bin-1/series Bearer secret');
});

test('instants are read as local time unless a zone is given', () => {
  expect(parseInstant('2026-03-02T08:00')).toBe(START_AT);
  expect(parseInstant('2026-03-02T00:00:00Z')).toBe(START_AT);
  expect(parseInstant('2026-03-02T09:30+09:30')).toBe(START_AT);
  expect(parseInstant(String(START_AT))).toBe(START_AT);
  expect(parseInstant('2024-02-29', 'UTC')).toBe(Date.UTC(2024, 1, 29));
  expect(parseInstant('2026-07-01T00:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 5, 30, 22));
  expect(parseInstant('last week')).toBeUndefined();
});
