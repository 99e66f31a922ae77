/** Rules about the repository itself that no compiler or linter checks. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadKinds } from '../devices/kinds.ts';
import { launch } from '../tools/launch.ts';
import { docTables, withTable } from '../tools/tables.ts';

const root = join(import.meta.dirname, '..');
const kinds = [...(await loadKinds()).keys()];
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
const present = files.filter((file) => existsSync(join(root, file)));
const code = present.filter((file) => /\.(ts|tsx|mjs)$/.test(file));
const text = present.filter((file) => /\.(ts|tsx|mjs|json|ya?ml|md|sh|py|toml|html|css)$|Dockerfile$/.test(file));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe('every device kind', () => {
  it.each(kinds)('%s has good and bad golden cases', (kind) => {
    const names = readdirSync(join(root, 'tests', 'cases', kind));
    expect(names.filter((name) => name.startsWith('bad-')).length).toBeGreaterThan(0);
    expect(names.filter((name) => !name.startsWith('bad-')).length).toBeGreaterThan(0);
  });

  it.each(kinds)('%s has a simulator', (kind) => {
    expect(existsSync(join(root, 'simulators', 'devices', `${kind}.ts`))).toBe(true);
  });

  it('is a kind: no case and no simulator stands for a kind that is not there', () => {
    for (const folder of ['tests/cases', 'simulators/devices'])
      for (const name of readdirSync(join(root, folder))) expect(kinds).toContain(name.replace(/\.ts$/, ''));
  });
});

it('every rule type has its parameters where hub and gateway find them', () => {
  const names = (folder: string) => readdirSync(join(root, folder)).sort();
  expect(names('devices/rules')).toEqual(names('edge/rules'));
  // And a story each, which the timeline tells once more with a restart before every step.
  const stories = names('tests/edge/rules').map((file) => read(`tests/edge/rules/${file}`));
  const untold = names('edge/rules').filter(
    (file) => !stories.some((one) => one.includes(`type: '${file.slice(0, -3)}'`)),
  );
  expect(untold).toEqual([]);
});

it('the tables of docs/ are what the definitions say (npm run tables)', async () => {
  for (const [name, table] of await docTables()) {
    const page = read(`docs/${name}`);
    expect(page, `docs/${name}`).toBe(withTable(page, table));
  }
});

it('pages link only to files that exist', () => {
  for (const file of present.filter((one) => one.endsWith('.md'))) {
    const links = [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    for (const link of links.filter((one) => !/^[a-z]+:/.test(one)))
      expect(existsSync(join(root, file, '..', link)), `${file} links to ${link}`).toBe(true);
  }
});

it('the image of the gateway starts it as npm does', () => {
  const { flags, env } = launch('edge/main.ts');
  const image = read('edge/Dockerfile');
  expect(image).toContain(
    `ENTRYPOINT ${JSON.stringify(['node', ...flags.slice(1), 'edge/main.ts']).replaceAll(',', ', ')}`,
  );
  for (const [name, value] of Object.entries(env)) expect(image).toContain(`ENV ${name}=${value}`);
});

/** Folder → folders of ours that it may import from (docs/ARCHITECTURE.md, layers). */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  devices: ['core', 'devices'],
  models: ['core', 'models'],
  simulators: ['core', 'devices', 'simulators', 'tools'],
  edge: ['core', 'devices', 'models', 'edge'],
  hub: ['core', 'devices', 'hub'],
  dashboards: ['core', 'devices', 'dashboards'],
};

it('layers hold', () => {
  const broken = code.flatMap((file) => {
    const allowed = LAYERS[file.split('/')[0] ?? ''];
    if (!allowed) return [];
    const targets = [...read(file).matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) =>
      join(file, '..', match[1] ?? ''),
    );
    return targets
      .filter((target) => !allowed.includes(target.split('/')[0] ?? ''))
      .map((target) => `${file} → ${target}`);
  });
  expect(broken).toEqual([]);
});

/** `./work/x` is a folder of ours; a path of a machine begins at its root. */
function isAbsoluteIn(body: string, place: string): boolean {
  for (let at = body.indexOf(place); at !== -1; at = body.indexOf(place, at + 1))
    if (!/[\w.$}~-]/.test(body[at - 1] ?? ' ')) return true;
  return false;
}

it('nothing names a path of somebody’s machine or a private address', () => {
  // Spelled in pieces, so that this file does not find itself.
  const places = ['/ho' + 'me/', '/Us' + 'ers/', '/ro' + 'ot/', '/wo' + 'rk/', 'C:' + '\\\\Users'];
  const addresses = /\b(10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3})(?<!\.0)\b/;
  const found = text
    .filter((file) => file !== 'package-lock.json')
    .flatMap((file) => {
      const body = read(file);
      return places
        .filter((place) => isAbsoluteIn(body, place))
        .map((place) => `${file}: ${place}`)
        .concat(addresses.test(body) && !file.startsWith('tests/') ? [`${file}: ${addresses.exec(body)?.[0]}`] : []);
    });
  expect(found).toEqual([]);
});

it('the lock file takes everything from the public registry', () => {
  const hosts = new Set(
    [...read('package-lock.json').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map((match) => match[1]),
  );
  expect([...hosts].filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
});

it('the lock file has the optional packages of every platform, so that npm ci takes it on each', () => {
  type Entry = { optionalDependencies?: Record<string, string> };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> };
  const asked = Object.entries(packages).flatMap(([at, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).map((name) => ({ at, name })),
  );
  expect(asked.length).toBeGreaterThan(50);
  const missing = asked.filter(
    ({ at, name }) => !packages[`${at}/node_modules/${name}`] && !packages[`node_modules/${name}`],
  );
  expect(missing.map(({ at, name }) => `${name} of ${at}`)).toEqual([]);
});

const PERMISSIVE =
  /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|CC-BY-3\.0|Python-2\.0|BSD|Zlib)$/;
/** Used as they are, as separate files that anyone may exchange: what their licences ask for. */
const WEAK_COPYLEFT = /^(@img\/sharp-libvips-|lightningcss|mediabunny|web-push|node-av|@seydx\/node-av)/;

it('dependencies have permissive licences', () => {
  const checker = join(root, 'node_modules', 'license-checker-rseidelsohn', 'bin', 'license-checker-rseidelsohn.js');
  const output = execFileSync(process.execPath, [checker, '--json', '--excludePrivatePackages', '--start', root], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const packages = Object.entries(JSON.parse(output) as Record<string, { licenses: string | string[] }>);
  expect(packages.length).toBeGreaterThan(100);
  const strange = packages.filter(([name, { licenses }]) => {
    const words = [licenses]
      .flat()
      .join(' AND ')
      .replaceAll(/[()*]/g, '')
      .split(/ (?:AND|OR) /);
    return !words.every((word) => PERMISSIVE.test(word)) && !WEAK_COPYLEFT.test(name);
  });
  expect(strange.map(([name, { licenses }]) => `${name}: ${licenses}`)).toEqual([]);
}, 120_000);

it('a source file stays below 400 lines', () => {
  const long = code
    .filter((file) => !file.startsWith('tests/') && !file.includes('/migrations/'))
    .map((file) => ({ file, lines: read(file).split('\n').length }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});
