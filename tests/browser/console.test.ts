/**
 * The console's screens in a real Chromium over the fake hub: what a guard sees and does with keys,
 * what happens when the network breaks, languages, phone width. The chain to real devices is
 * chain.test.ts's matter.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildConsole } from '../../tools/build-console.ts';
import { CHROMIUM, launchChromium } from './chromium.ts';
import { type FakeHub, startFakeHub } from './fake-hub.ts';

const SMOKE = {
  deviceId: 'smoke-jinxiu-1-1-101',
  rule: 'smoke-alarm',
  severity: 'critical',
  lifeSafety: true,
  title: { zh: '烟雾报警', en: 'Smoke alarm' },
} as const;

/** What a page shows once its data is there. */
const SHOWN = '.row:visible, .ticket-card:visible, .ant-table-row:visible, .card:visible, .detail:visible';

describe.skipIf(!CHROMIUM)('the console in Chromium', { timeout: 90_000 }, () => {
  let browser: Browser;
  let hub: FakeHub;
  const faults: string[] = [];
  const contexts: BrowserContext[] = [];

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  beforeAll(async () => {
    await buildConsole();
    [browser, hub] = await Promise.all([launchChromium(), startFakeHub()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  async function open(options: { phone?: boolean; language?: 'zh' | 'en' } = {}): Promise<Page> {
    const viewport = options.phone ? { width: 390, height: 844 } : { width: 1440, height: 900 };
    const context = await browser.newContext({ viewport, hasTouch: options.phone ?? false, reducedMotion: 'reduce' });
    contexts.push(context);
    context.setDefaultTimeout(45_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // A refused login and a cut stream are answers of the hub, which Chromium reports all the same.
      const expected = /401|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/.test(message.text());
      if (message.type() === 'error' && !expected) faults.push(`${message.text()} ${message.location().url}`);
    });
    await page.goto(hub.url);
    await page.evaluate(
      (stored) => localStorage.setItem('linli.preferences', stored),
      JSON.stringify({ language: options.language ?? 'zh', theme: 'light', sound: true }),
    );
    return page;
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${hub.url}/login`);
    await page.locator('#username').fill('guard');
    await page.locator('#password').fill('right');
    await page.locator('button[type=submit]').click();
    await page.locator('.row').first().waitFor();
  }

  it('refuses a wrong password in words and lets the right one in', async () => {
    const page = await open();
    await page.locator('#username').fill('guard');
    await page.locator('#password').fill('wrong');
    await page.locator('button[type=submit]').click();
    await page.getByText('用户名或密码不对').waitFor();
    await page.locator('#password').fill('right');
    await page.locator('button[type=submit]').click();
    await page.locator('.row').first().waitFor();
    expect(await page.locator('.row').first().textContent()).toContain('3号楼2单元5层502');
  });

  it('names the likeliest windows on the picture of a falling object, on a desk and on a phone', async () => {
    for (const phone of [false, true]) {
      const page = await open({ phone });
      await signIn(page);
      const id = await page.evaluate(async () => {
        const { items } = (await (await fetch('/api/alarms')).json()) as { items: { id: string; kind: string }[] };
        return items.find((alarm) => alarm.kind === 'high-throw-camera')?.id;
      });
      await page.goto(`${hub.url}/alarms/${id}`);
      await page.locator('.fall-picture polygon').first().waitFor();
      expect(await page.locator('.fall-picture text').allTextContents()).toEqual(['1', '2', '3']);
      expect(await page.locator('.fall-places li').allTextContents()).toEqual([
        '9 层 · 列 5 62%',
        '9 层 · 列 4 21%',
        '8 层 · 列 5 9.0%',
      ]);
      const [picture, drawing] = await Promise.all(
        ['.fall-picture img', '.fall-picture svg'].map((one) => page.locator(one).first().boundingBox()),
      );
      expect(drawing?.width).toBeCloseTo(picture?.width ?? 0, 0);
      expect(drawing?.height).toBeCloseTo(picture?.height ?? 0, 0);
    }
  });

  it('shows an alarm without reloading, on top, announced, counted in the title', async () => {
    const page = await open();
    await signIn(page);
    const before = await page.title();
    const id = hub.raise(SMOKE);
    await page.locator(`[data-alarm="${id}"]`).waitFor({ timeout: 5_000 });
    await page.locator('[role=alert] .arrival').waitFor();
    expect(await page.title()).not.toBe(before);
    const topThree = await page
      .locator('.row')
      .evaluateAll((rows) => rows.slice(0, 3).map((row) => row.getAttribute('data-alarm')));
    expect(topThree).toContain(id);
  });

  it('tells a new alarm on a phone in lines that can be read', async () => {
    const page = await open({ phone: true });
    await signIn(page);
    await page.goto(`${hub.url}/gateways`);
    await page.locator('.card').first().waitFor();
    hub.raise(SMOKE);
    const told = page.locator('[role=alert] .arrival');
    await told.waitFor();
    const box = await told.boundingBox();
    expect(box?.width).toBeGreaterThan(300);
    expect(box?.height).toBeLessThan(120);
  });

  it('says of a camera that fails why, and what to look at', async () => {
    const page = await open();
    await signIn(page);
    await page.goto(`${hub.url}/gateways`);
    const why = page.locator('.camera-line', { hasText: 'cam-jinxiu-4' }).getByText('连接被拒绝');
    await why.waitFor();
    expect(await why.textContent()).toContain('Connection refused');
  });

  it('is worked with the keyboard alone: move, open, acknowledge, shelve, silence, judge, help', async () => {
    const page = await open();
    await signIn(page);
    const id = hub.raise(SMOKE);
    await page.locator(`[data-alarm="${id}"]`).waitFor();
    await page.keyboard.press('j');
    await page.locator('.row.selected').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.detail').waitFor();
    const selected = await page.locator('.row.selected').getAttribute('data-alarm');
    await page.keyboard.press('m');
    await page.keyboard.press('a');
    await page.locator(`.row.state-acked[data-alarm="${selected}"]`).waitFor();
    await page.locator('.detail .fact', { hasText: '确认' }).first().waitFor();
    expect(await page.locator('.detail').textContent()).toContain('在中心');
    await page.keyboard.press('s');
    await page.locator('#shelve-reason').fill('正在核查');
    await page.keyboard.press('Enter');
    await page.locator('.ant-modal').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.locator('.keys').waitFor();
  });

  it('judges a falling object with one key', async () => {
    const page = await open();
    await signIn(page);
    await page.locator('.row', { hasText: '高空抛物' }).click();
    await page.locator('.verdict').waitFor();
    await page.keyboard.press('f');
    await page.locator('.verdict [aria-pressed=true]', { hasText: '误报' }).waitFor();
    await page.getByRole('button', { name: '晾晒衣物' }).click();
    await page.locator('.fact', { hasText: '误报 (晾晒衣物)' }).waitFor();
  });

  it('says what is muted, by what and until when', async () => {
    const page = await open();
    await signIn(page);
    await page.locator('.folded-head').click();
    const why = await page.locator('.row-why').allTextContents();
    expect(why.join(' ')).toContain('消防年检');
    expect(why.join(' ')).toContain('fire-test: 1号楼');
  });

  it('tells that the connection broke, and finds back by itself', async () => {
    const page = await open();
    await signIn(page);
    await page.locator('.live.on').waitFor();
    hub.cut();
    await page.locator('.live.off').waitFor();
    await page.locator('.live.on').waitFor();
    const id = hub.raise(SMOKE);
    await page.locator(`[data-alarm="${id}"]`).waitFor({ timeout: 5_000 });
  });

  it('takes a work order through its life', async () => {
    const page = await open();
    await signIn(page);
    await page.goto(`${hub.url}/tickets/tk-2`);
    await page.getByRole('button', { name: '接单' }).click();
    await page.getByRole('button', { name: '到场开工' }).click();
    await page.getByRole('button', { name: '完成', exact: true }).click();
    await page.locator('.ant-modal').getByRole('button', { name: '完成', exact: true }).click();
    await page.locator('.fact', { hasText: '完成（已修好）' }).waitFor();
  });

  it('switches to English and stays there', async () => {
    const page = await open();
    await signIn(page);
    await page.getByRole('button', { name: '切换到英文' }).click();
    await page.getByRole('heading', { name: 'Live alarms' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Live alarms' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  it('fits a phone: nothing wider than the screen, navigation at the thumb', async () => {
    const page = await open({ phone: true });
    await signIn(page);
    for (const path of ['/alarms', '/alarms/al-0001', '/tickets', '/devices', '/gateways']) {
      await page.goto(hub.url + path);
      await page.locator('.thumbbar').waitFor();
      await page.locator(SHOWN).first().waitFor();
      const [wide, screen] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
      expect(wide ?? 0, path).toBeLessThanOrEqual(screen ?? 0);
    }
  });

  it('has said nothing wrong on the browser’s console', () => {
    expect(faults).toEqual([]);
  });
});
