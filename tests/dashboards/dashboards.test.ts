import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderDashboards } from '../../dashboards/render.ts';
import { loadKinds } from '../../devices/kinds.ts';
import { programOrSkip } from '../../tools/programs.ts';
import { type Influx, startInflux } from './influxd.ts';

interface Panel {
  title: string;
  targets?: { query: string }[];
  panels?: Panel[];
}

const root = join(import.meta.dirname, '..', '..');
const influxd = programOrSkip('influxd');
const compose = programOrSkip('docker-compose');

function queriesOf(json: string): { title: string; query: string }[] {
  const dashboard = JSON.parse(json) as { panels: Panel[] };
  const flat = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return flat.flatMap((panel) => (panel.targets ?? []).map(({ query }) => ({ title: panel.title, query })));
}

/** What Grafana puts in place of its macros and of the variable. */
function fillIn(query: string): string {
  return query
    .replaceAll('$timeFilter', 'time > now() - 1h')
    .replaceAll('$__interval', '1m')
    .replaceAll('$community', '(jinxiu|hongqi)');
}

describe('dashboards as code', () => {
  test('the committed JSON is what the definitions say', async () => {
    const rendered = await renderDashboards();
    const folder = join(root, 'dashboards', 'generated');
    expect(readdirSync(folder).sort()).toEqual([...rendered.keys()].map((id) => `${id}.json`).sort());
    for (const [id, json] of rendered)
      expect(readFileSync(join(folder, `${id}.json`), 'utf8'), `run: npm run dashboards (${id})`).toBe(json);
  });

  test('every field that a panel asks of a device kind exists in that kind', async () => {
    const kinds = await loadKinds();
    for (const json of (await renderDashboards()).values()) {
      for (const { title, query } of queriesOf(json)) {
        const [, field, kind] = /\w+\("(\w+)"\) FROM "linli" WHERE "kind" = '([a-z-]+)'/.exec(query) ?? [];
        if (kind === 'community' || kind === 'gateway') continue;
        expect(Object.keys(kinds.get(kind ?? '')?.fields ?? {}), title).toContain(field);
      }
    }
  });

  test('every panel reads the data source that is provisioned', async () => {
    const provisioned = parse(readFileSync(join(root, 'dashboards/provisioning/datasources/linli.yaml'), 'utf8')) as {
      datasources: { uid: string }[];
    };
    for (const json of (await renderDashboards()).values()) {
      const uids = new Set([...json.matchAll(/"uid": "(linli-series)"/g)].map((match) => match[1]));
      expect([...uids]).toEqual(provisioned.datasources.map(({ uid }) => uid));
    }
  });
});

describe.skipIf(!influxd)('every query on a real InfluxDB', () => {
  let influx: Influx;

  beforeAll(async () => {
    influx = await startInflux(influxd ?? '');
    const now = Date.now();
    const lines: string[] = [];
    const fields = new Map<string, Set<string>>();
    for (const json of (await renderDashboards()).values())
      for (const { query } of queriesOf(json)) {
        const [, field, kind] = /\w+\("(\w+)"\) FROM "linli" WHERE "kind" = '([a-z-]+)'/.exec(query) ?? [];
        if (field && kind) fields.set(kind, (fields.get(kind) ?? new Set()).add(field));
      }
    for (const [kind, names] of fields)
      for (const community of ['jinxiu', 'hongqi', 'elsewhere'])
        for (let minute = 1; minute <= 5; minute += 1)
          lines.push(
            `linli,device=${community}-${kind},community=${community},kind=${kind} ${[...names].map((name) => `${name}=${minute}`).join(',')} ${now - minute * 60_000}`,
          );
    await influx.write(lines);
  }, 90_000);

  afterAll(async () => {
    await influx?.stop();
  });

  test('answers with lines of the chosen communities and of no other', async () => {
    for (const json of (await renderDashboards()).values()) {
      for (const { title, query } of queriesOf(json)) {
        const { series, error } = await influx.query(fillIn(query));
        expect(error, title).toBeUndefined();
        expect(series.length, title).toBe(2);
        expect(JSON.stringify(series), title).not.toContain('elsewhere');
        expect(
          series.every(({ values }) => values.length > 0),
          title,
        ).toBe(true);
      }
    }
  });

  test('the variable lists the communities', async () => {
    const { series } = await influx.query('SHOW TAG VALUES FROM "linli" WITH KEY = "community"');
    expect(series[0]?.values.map(([, value]) => value).sort()).toEqual(['elsewhere', 'hongqi', 'jinxiu']);
  });
});

test.skipIf(!compose)('docker-compose accepts the compose file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linli-compose-'));
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'docker-compose.yml'), readFileSync(join(root, 'docker-compose.yml')));
  const config = execFileSync(compose ?? '', ['-f', join(folder, 'docker-compose.yml'), 'config'], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  expect(Object.keys((parse(config) as { services: object }).services).sort()).toEqual([
    'gateway',
    'grafana',
    'hub',
    'influxdb',
    'postgres',
  ]);
});
