/**
 * Pictures of the real console for the README, from a running demonstration into docs/pictures/:
 * `node tools/screenshots.ts [DATA_DIR]` after `npm start`. Needs a Chromium (LINLI_CHROMIUM names another).
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findProgram } from './programs.ts';

const OUT = join(import.meta.dirname, '..', 'docs', 'pictures');
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const PATIENCE_MS = 90_000;

interface Demo {
  hub: { url: string; users: { username: string; password: string; role: string; communityId?: string }[] };
}

interface Shot {
  name: string;
  role: string | null;
  /** An address, or what finds one. */
  path: string | ((page: Page, url: string) => Promise<string | undefined>);
  /** When this is on the screen, the page has what it shows. */
  ready: string;
  viewport: { width: number; height: number };
  theme: 'light' | 'dark';
  language?: 'zh' | 'en';
}

const SHOTS: readonly Shot[] = [
  {
    name: 'alarms-night',
    role: 'guard',
    path: firstAlarm('smoke-detector'),
    ready: '.detail .plan',
    viewport: DESK,
    theme: 'dark',
  },
  { name: 'alarms-day', role: 'guard', path: '/alarms', ready: '.row', viewport: DESK, theme: 'light' },
  {
    name: 'high-throw',
    role: 'guard',
    path: firstAlarm('high-throw-camera'),
    ready: '.piece-picture img',
    viewport: DESK,
    theme: 'dark',
  },
  { name: 'alarms-phone', role: 'guard', path: '/alarms', ready: '.row', viewport: PHONE, theme: 'dark' },
  {
    name: 'alarms-english',
    role: 'guard',
    path: '/alarms',
    ready: '.row',
    viewport: DESK,
    theme: 'light',
    language: 'en',
  },
  { name: 'tickets', role: 'property', path: '/tickets', ready: '.ticket-card', viewport: DESK, theme: 'light' },
  {
    name: 'device',
    role: 'admin',
    path: firstDevice('smart-bin'),
    ready: '.value-card',
    viewport: DESK,
    theme: 'light',
  },
  { name: 'gateways', role: 'admin', path: '/gateways', ready: '.card', viewport: DESK, theme: 'light' },
  { name: 'kpis', role: 'admin', path: '/kpis', ready: '.kpi-figure', viewport: DESK, theme: 'light' },
  { name: 'handover', role: 'guard', path: '/handover', ready: '.card', viewport: DESK, theme: 'dark' },
  {
    name: 'report-phone',
    role: null,
    path: ofCommunity('report'),
    ready: '.big-chip',
    viewport: PHONE,
    theme: 'light',
  },
  { name: 'board', role: null, path: ofCommunity('board'), ready: '.gate-rate', viewport: DESK, theme: 'light' },
];

const dataDir = process.argv[2] ?? process.env.LINLI_DATA_DIR ?? join(import.meta.dirname, '..', 'data');
const demo = readDemo(dataDir);
mkdirSync(OUT, { recursive: true });
const executablePath = findProgram('chromium');
if (!executablePath) fail('no Chromium found: install one or set LINLI_CHROMIUM');
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
const failed: string[] = [];
for (const shot of SHOTS) {
  try {
    process.stdout.write(`${shot.name}: ${await take(browser, shot)}\n`);
  } catch (error) {
    failed.push(shot.name);
    process.stderr.write(`${shot.name}: ${error instanceof Error ? error.message.split('\n')[0] : error}\n`);
  }
}
await browser.close();
if (failed.length > 0) fail(`not taken: ${failed.join(', ')}`);

async function take(on: Browser, shot: Shot): Promise<string> {
  const context = await on.newContext({
    viewport: shot.viewport,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    deviceScaleFactor: shot.viewport === PHONE ? 2 : 1,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const { url, users } = demo.hub;
  if (shot.role !== null) {
    const user = users.find((one) => one.role === shot.role);
    if (!user) throw new Error(`demo.json has no ${shot.role}`);
    const { username, password } = user;
    const answer = await page.request.post(`${url}/api/session`, { data: { username, password } });
    if (!answer.ok()) throw new Error(`login of ${username}: ${answer.status()}`);
  }
  // Sound off: a picture needs no hint about it.
  const preferences = { language: shot.language ?? 'zh', theme: shot.theme, sound: false };
  await page.goto(`${url}/favicon.svg`);
  await page.evaluate(`localStorage.setItem('linli.preferences', '${JSON.stringify(preferences)}')`);
  const path = typeof shot.path === 'string' ? shot.path : await shot.path(page, url);
  if (path === undefined) throw new Error('the demonstration has nothing to show here yet');
  await page.goto(url + path);
  await page.locator(shot.ready).first().waitFor();
  await page.waitForLoadState('load');
  // Charts draw a moment after their data is there.
  await page.waitForTimeout(1_500);
  const file = join(OUT, `${shot.name}.png`);
  await page.screenshot({ path: file, timeout: PATIENCE_MS });
  await context.close();
  return file;
}

function firstAlarm(kind: string): Shot['path'] {
  return async (page, url) => {
    const answer = await page.request.get(`${url}/api/alarms?kind=${kind}&limit=50`);
    const { items } = (await answer.json()) as { items: { id: string; state: string }[] };
    const alarm = items.find((one) => one.state === 'unacked') ?? items[0];
    return alarm && `/alarms/${alarm.id}`;
  };
}

function firstDevice(kind: string): Shot['path'] {
  return async (page, url) => {
    const answer = await page.request.get(`${url}/api/devices?kind=${kind}&limit=1`);
    const { items } = (await answer.json()) as { items: { id: string }[] };
    return items[0] && `/devices/${items[0].id}`;
  };
}

function ofCommunity(page: 'report' | 'board'): Shot['path'] {
  return async () => {
    const communityId = demo.hub.users.find((user) => user.communityId)?.communityId;
    return communityId && `/${page}/${communityId}`;
  };
}

function readDemo(folder: string): Demo {
  const file = join(folder, 'demo.json');
  if (!existsSync(file)) fail(`${file} is not there: run npm start first, or name its data folder`);
  return JSON.parse(readFileSync(file, 'utf8')) as Demo;
}

function fail(message: string): never {
  process.stderr.write(`screenshots: ${message}\n`);
  process.exit(1);
}
