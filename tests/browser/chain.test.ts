/**
 * The whole chain with a real browser at its end: a real device publishes, the guard's console shows
 * it without reloading, a key acknowledges it, the work order is found; a resident reports from a
 * phone and sees it through. Real `npm start` processes, a real MQTT client, a real Chromium.
 */
import mqtt from 'mqtt';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { removeWorld, startWorld, type World } from '../system/world.ts';
import { CHROMIUM, launchChromium } from './chromium.ts';

/** The product's promise is a second; a busy test machine gets some more. */
const ARRIVAL_MS_MAX = 5_000;

interface AlarmPage {
  items: { id: string; deviceId: string; ticketId: string | null; ackedBy: string | null; state: string }[];
}

describe.skipIf(!CHROMIUM)('from a device to the eyes of the guard', { timeout: 120_000 }, () => {
  let world: World;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld({ simulate: false }), launchChromium()]);
  }, 240_000);
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.stop();
    if (world) removeWorld(world.dataDir);
  }, 60_000);

  async function open(phone = false): Promise<Page> {
    const viewport = phone ? { width: 390, height: 844 } : { width: 1440, height: 900 };
    const context = await browser.newContext({ viewport, hasTouch: phone, reducedMotion: 'reduce' });
    contexts.push(context);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // Chromium reports the 401 of "who am I" before the login; it is the answer to a question.
      if (message.type() === 'error' && !message.text().includes('401'))
        faults.push(`${message.text()} ${message.location().url}`);
    });
    return page;
  }

  async function signIn(page: Page, role: string): Promise<string> {
    const user = world.demo.hub.users.find((one) => one.role === role);
    if (!user) throw new Error(`no ${role} in demo.json`);
    await page.goto(`${world.demo.hub.url}/login`);
    await page.locator('#username').fill(user.username);
    await page.locator('#password').fill(user.password);
    await page.locator('button[type=submit]').click();
    await page.locator('.live.on').waitFor();
    return user.username;
  }

  async function publishSmoke(): Promise<string> {
    const guard = world.demo.hub.users.find((one) => one.role === 'guard');
    const gateway = world.demo.gateways.find((one) => one.communityId === guard?.communityId);
    const device = gateway?.devices.find((one) => one.kind === 'smoke-detector');
    if (!gateway || !device) throw new Error('demo.json lacks a smoke detector of the guard’s community');
    const { username, password } = device;
    const client = await mqtt.connectAsync(gateway.mqttUrl, { username, password, clientId: device.id });
    const topic = `linli/${gateway.communityId}/${device.kind}/${device.id}/event`;
    await client.publishAsync(topic, JSON.stringify({ type: 'alarm' }), { qos: 1 });
    await client.endAsync();
    return device.id;
  }

  it('shows the alarm without reloading, is acknowledged by a key, and leads to its work order', async () => {
    const page = await open();
    const username = await signIn(page, 'guard');
    await page.locator('.empty').waitFor();
    await page.evaluate('window.neverReloaded = true');
    const deviceId = await publishSmoke();
    await page.locator('.row').first().waitFor({ timeout: ARRIVAL_MS_MAX });
    expect(await page.evaluate('window.neverReloaded')).toBe(true);
    expect(await page.title()).toMatch(/^\(1\)/);

    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('.detail .respond').waitFor();
    await page.keyboard.press('a');
    await page.locator('.row.state-acked').waitFor();
    await page.locator('.fact', { hasText: username }).first().waitFor();
    const session = await world.login('guard');
    const { items } = await session.get<AlarmPage>(`/api/alarms?deviceId=${deviceId}`);
    expect(items[0]).toMatchObject({ state: 'acked', ackedBy: username });

    await page.getByRole('button', { name: '查看工单' }).click();
    await page.getByText('来自报警').first().waitFor();
    expect(page.url()).toContain(`/tickets/${items[0]?.ticketId}`);
  });

  it('takes a resident’s report on a phone, and shows its progress to the rating', async () => {
    const page = await open(true);
    const { communityId } = world.demo.gateways[0] ?? {};
    await page.goto(`${world.demo.hub.url}/report/${communityId}`);
    await page.getByRole('button', { name: '灯坏停电' }).click();
    await page.getByLabel('在哪里').fill('3号楼2单元门口');
    await page.getByLabel('再说两句').fill('灯坏了三天');
    const picture = await page.screenshot({ type: 'jpeg' });
    await page.locator('input[type=file]').setInputFiles({ name: 'lamp.jpg', mimeType: 'image/jpeg', buffer: picture });
    await page.locator('.photo-preview img').waitFor();
    await page.getByRole('button', { name: '提交' }).click();
    await page.getByText('收到了，谢谢您！').waitFor();
    expect(page.url()).toMatch(/\/r\/[\w-]{20,}/);
    await page.locator('.public-photos img').waitFor();

    const property = await world.login('property', communityId);
    const list = await property.get<{ items: { id: string; source: string }[] }>('/api/tickets?source=resident');
    const id = list.items[0]?.id;
    for (const action of [{ action: 'take' }, { action: 'start' }, { action: 'resolve', outcome: 'fixed' }])
      expect((await property.call('POST', `/api/tickets/${id}/actions`, action)).status).toBe(200);
    await page.reload();
    await page.locator('.steps .now', { hasText: '已处理' }).waitFor();
    await page.getByRole('button', { name: '5 星' }).click();
    await page.getByRole('button', { name: '提交评价' }).click();
    await page.getByText('谢谢您的评价').waitFor();
  });

  it('shows the board to anybody, in figures and without names', async () => {
    const page = await open();
    await page.goto(`${world.demo.hub.url}/board/${world.demo.gateways[0]?.communityId}`);
    await page.locator('.gate-rate').first().waitFor();
    expect(await page.locator('.gate-latest').textContent()).not.toContain('灯坏了三天');
  });

  it('shows every page of the administrator, with nothing wrong on the browser’s console', async () => {
    const page = await open();
    await signIn(page, 'admin');
    for (const path of [
      '/devices',
      '/gateways',
      '/tickets',
      '/handover',
      '/kpis',
      '/rules',
      '/users',
      '/audit',
      '/alarms/history',
    ]) {
      await page.goto(world.demo.hub.url + path);
      await page.locator('.page h1').waitFor();
      await page.waitForLoadState('load');
      expect(await page.locator('.ant-alert-error').count(), path).toBe(0);
    }
    expect(faults).toEqual([]);
  });
});
