/**
 * The pages where things are set, on a real hub with a real browser: rules with their inheritance,
 * planned silence, inhibition, channels, subscriptions, policies, the board, and what the hub says live.
 */
import { createHash } from 'node:crypto';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cameraOptionsSchema } from '../../core/camera-options.ts';
import { buildConsole } from '../../tools/build-console.ts';
import { type HttpReceiver, startHttpReceiver } from '../hub/notifiers/servers.ts';
import { type RealHub, raised, startRealHub, type TestGateway } from '../hub/real-hub.ts';
import { CHROMIUM, launchChromium } from './chromium.ts';

describe.skipIf(!CHROMIUM)('the pages where things are set', { timeout: 90_000 }, () => {
  let real: RealHub;
  let gateway: TestGateway;
  let browser: Browser;
  let receiver: HttpReceiver;
  const faults: string[] = [];
  const pages: Page[] = [];

  beforeAll(async () => {
    await buildConsole();
    [real, browser, receiver] = await Promise.all([startRealHub(), launchChromium(), startHttpReceiver()]);
    gateway = await real.gateway('gw-1', 'jinxiu');
    for (const id of ['bin-1', 'bin-2'])
      await real.admin.post('/api/devices', { id, kind: 'smart-bin', communityId: 'jinxiu', location: {}, name: id });
  }, 120_000);
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close();
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await real?.stop();
    await receiver?.stop();
  }, 60_000);

  /** As the administrator, on this page. */
  async function open(path: string, viewport = { width: 1440, height: 900 }): Promise<Page> {
    const context = await browser.newContext({ viewport, locale: 'zh-CN' });
    const [name = '', value = ''] = real.admin.cookie.split('=');
    await context.addCookies([{ name, value, url: real.url }]);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`${error}`));
    pages.push(page);
    await page.goto(real.url + path);
    return page;
  }
  const rules = async (query: string) => (await real.admin.get(`/api/rules?communityId=jinxiu${query}`)).body.items;
  const dialog = (page: Page) => page.getByRole('dialog');
  /** Takes an option of a list, after which `shown` is there. A list that opens while its dialog still moves may close again on a busy machine. */
  const choose = async (box: Locator, option: Locator, shown?: Locator) => {
    const taken = async () => {
      if ((await box.getAttribute('aria-expanded')) !== 'true') await box.click();
      await option.click({ timeout: 3_000 });
      await shown?.waitFor({ timeout: 3_000 });
      return true;
    };
    await expect.poll(taken, { timeout: 30_000 }).toBe(true);
  };
  const ofBin = async (page: Page) => {
    await choose(
      page.getByRole('combobox', { name: '类型' }),
      page.getByTitle('智能垃圾桶', { exact: false }).or(page.getByTitle('垃圾桶')).first(),
    );
  };

  it('a rule is changed with the hub’s word beside the field, shows what it inherits, and goes back', async () => {
    const page = await open('/rules');
    await ofBin(page);
    const row = page.locator('.manage-row', { hasText: 'full' }).filter({ hasText: '阈值' }).first();
    await row.getByRole('button', { name: '修改' }).click();
    await dialog(page).getByLabel('回落到以下解除').fill('95');
    await dialog(page).getByLabel('触发延时').fill('90');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    // Only the hub knows that it must not clear above its limit.
    await dialog(page).getByText('clearBelow must not lie beyond above').first().waitFor();
    expect(await rules('')).toEqual([]);
    await dialog(page).getByLabel('回落到以下解除').fill('50');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await row.getByText('小区·该类').waitFor();
    expect(await rules('')).toMatchObject([
      { scope: 'kind', id: 'smart-bin', rule: { with: { clearBelow: 50, onDelayMs: 90_000 } } },
    ]);
    expect(await row.locator('.inheritance').textContent()).toMatch(/默认[\s\S]*小区·该类[\s\S]*原为/);

    // One device is switched off; the kind is not.
    await choose(page.getByRole('combobox', { name: '单台设备' }), page.getByTitle('bin-1 (bin-1)'));
    await row.getByRole('switch').click();
    await row.getByText('本设备').waitFor();
    expect((await rules('')).map((one: { scope: string }) => one.scope).sort()).toEqual(['device', 'kind']);
    await row.getByRole('button', { name: '恢复继承' }).click();
    await row.getByText('本设备').waitFor({ state: 'detached' });
    expect(await rules('')).toHaveLength(1);
  });

  it('a rule is tried on recorded history before it is switched on', async () => {
    const minutes = Array.from({ length: 60 }, (_, index) => index);
    const at = minutes.map((index) => Date.now() - (120 - index) * 60_000);
    await gateway.send('telemetry', [
      {
        type: 'telemetry',
        deviceId: 'bin-2',
        kind: 'smart-bin',
        communityId: 'jinxiu',
        at,
        receivedAt: at,
        quality: at.map(() => 'good'),
        values: { temperatureCelsius: minutes.map((index) => (index > 20 && index < 30 ? 90 : 20)) },
      },
    ]);
    const page = await open('/rules');
    await ofBin(page);
    const row = page.locator('.manage-row', { hasText: 'temperatureCelsius' }).filter({ hasText: '阈值' }).first();
    await row.getByRole('button', { name: '试运行' }).click();
    await dialog(page).getByRole('button', { name: '开始试运行' }).click();
    await expect.poll(() => dialog(page).textContent(), { timeout: 60_000 }).toMatch(/1 次.*bin-2/s);
  });

  it('a fire test is planned with an end and a reason, stands in the list, and is ended', async () => {
    const page = await open('/rules?tab=windows', { width: 390, height: 844 });
    await page.getByRole('button', { name: '计划静默' }).click();
    await dialog(page).getByText('消防测试').click();
    await dialog(page).getByRole('button', { name: '计划静默' }).click();
    await dialog(page).getByText('必填').first().waitFor();
    await dialog(page).getByLabel('原因').fill('季度测试');
    await dialog(page).getByLabel('结束').fill('2020-01-01T00:00');
    await dialog(page).getByRole('button', { name: '计划静默' }).click();
    await dialog(page).getByText('结束时间须在开始和现在之后').waitFor();
    const end = new Date(Date.now() + 3_600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await dialog(page).getByLabel('结束').fill(end);
    await dialog(page).getByRole('button', { name: '计划静默' }).click();
    await page.locator('.manage-row', { hasText: '季度测试' }).getByText('进行中').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.locator('.manage-row').getByRole('button', { name: '结束' }).click();
    await page.getByRole('tooltip').getByRole('button', { name: '结束' }).click();
    await page.getByText('没有静默窗口').waitFor();
    expect((await real.admin.get('/api/mute-windows?communityId=jinxiu')).body.items).toEqual([]);
  });

  it('an inhibition rule must name what mutes, and a default one is switched off', async () => {
    const page = await open('/rules?tab=inhibitions');
    await page.getByRole('button', { name: '新增抑制规则' }).click();
    await dialog(page).getByLabel('编号').fill('power-out');
    await dialog(page).getByLabel('原因').fill('整栋停电');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page)
      .getByRole('alert')
      .getByText(/request has faults|name what mutes/)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.manage-row', { hasText: 'silent-battery' }).getByRole('switch').click();
    await page.locator('.manage-row.is-off', { hasText: 'silent-battery' }).waitFor();
    const { items } = (await real.admin.get('/api/inhibitions?communityId=jinxiu')).body;
    expect(items.map((one: { enabled: boolean }) => one.enabled)).toEqual([true, false]);
  });

  it('a channel is added, tested and changed without its secret ever coming back', async () => {
    const page = await open('/notify?tab=channels');
    await page.getByRole('button', { name: '新增通道' }).click();
    const url = dialog(page).getByLabel('url');
    await choose(dialog(page).getByLabel('类型'), page.getByTitle('Webhook').last(), url);
    await dialog(page).getByLabel('名称').fill('值班群');
    await url.fill('not an address');
    await dialog(page).getByLabel('secret').fill('a-secret-of-the-hook');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page).locator('.ant-form-item-explain-error').first().waitFor();
    await url.fill(receiver.url);
    await dialog(page).getByRole('button', { name: '保存' }).click();
    const row = page.locator('.manage-row', { hasText: '值班群' });
    await row.getByRole('button', { name: '测试' }).click();
    await page.getByText('已送达').first().waitFor();
    expect(receiver.received).toHaveLength(1);
    await row.getByRole('button', { name: '修改' }).click();
    expect(await dialog(page).getByLabel('secret').inputValue()).toBe('••••••');
    expect(await page.content()).not.toContain('a-secret-of-the-hook');
    await dialog(page).getByLabel('名称').fill('夜班群');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await page.locator('.manage-row', { hasText: '夜班群' }).getByRole('button', { name: '测试' }).click();
    await expect.poll(() => receiver.received.length).toBe(2);
  });

  it('a person is told in the hours they chose, and may take it back', async () => {
    const channel = { notifier: 'sms-http', name: '短信', config: { url: receiver.url } };
    await real.admin.post('/api/channels', channel);
    const page = await open('/notify');
    await page.getByRole('button', { name: '新增订阅' }).click();
    await choose(dialog(page).getByLabel('通道', { exact: true }), page.getByTitle('短信'));
    await dialog(page).getByLabel('地址').fill('12');
    await dialog(page).getByRole('switch', { name: '免打扰时段' }).click();
    await dialog(page).getByRole('button', { name: '新增订阅' }).click();
    await dialog(page).locator('.ant-form-item-explain-error').first().waitFor();
    await dialog(page).getByLabel('地址').fill('13800001111');
    await dialog(page).getByRole('button', { name: '新增订阅' }).click();
    await page.locator('.manage-row', { hasText: '22:00–07:00' }).waitFor();
    const { items } = (await real.admin.get('/api/subscriptions')).body;
    expect(items).toMatchObject([{ address: '13800001111', wish: { quiet: { from: '22:00', to: '07:00' } } }]);
    await page.getByRole('button', { name: '退订' }).click();
    await page.getByRole('tooltip').getByRole('button', { name: '退订' }).click();
    await page.locator('.manage-row').waitFor({ state: 'detached' });
  });

  it('a policy that cannot be is refused with the place of each fault, in fields and as text', async () => {
    const page = await open('/policies');
    await page.getByText('每 1 分钟 提醒一次').first().waitFor();
    await page.getByRole('button', { name: '修改' }).click();
    const repeat = dialog(page).getByRole('spinbutton', { name: '重复提醒间隔' }).first();
    await repeat.fill('5');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page).getByText('/chains/0/steps/0/repeatEveryMs').waitFor();
    await repeat.fill('120');
    await dialog(page).getByRole('button', { name: '移除 步骤 3', exact: true }).first().click();
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await page.getByText('每 2 分钟 提醒一次').first().waitFor();
    const { value } = (await real.admin.get('/api/policies/escalation')).body;
    expect(value.chains[0].steps).toMatchObject([{ afterMs: 0, repeatEveryMs: 120_000 }, { afterMs: 120_000 }]);
    expect(value.chains[1]).toEqual({
      match: { rules: ['care-*'] },
      steps: [{ title: { zh: '居委会', en: 'Committee' }, afterMs: 0, to: [{ type: 'role', role: 'committee' }] }],
    });

    await page.getByRole('button', { name: '修改' }).click();
    await dialog(page).getByTitle('JSON').click();
    const text = dialog(page).getByRole('textbox');
    const said = JSON.parse(await text.inputValue());
    said.chains[0].steps[0].repeatEveryMs = 180_000;
    await text.fill(JSON.stringify(said));
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText('每 3 分钟 提醒一次').first().waitFor();
  });

  it('a policy is shown from the hub’s answer, and what is being written outlives a read that fails', async () => {
    const page = await open('/policies');
    const change = page.getByRole('button', { name: '修改' });
    await change.waitFor();
    const refusal = { error: { code: 'too-many-requests', message: 'later' } };
    await page.route('**/api/policies/escalation', (route) =>
      route.request().method() === 'GET' ? route.fulfill({ status: 429, json: refusal }) : route.continue(),
    );
    await change.click();
    await dialog(page).getByTitle('JSON').click();
    const text = dialog(page).getByRole('textbox');
    const said = JSON.parse(await text.inputValue());
    said.chains[0].steps[0].repeatEveryMs = 240_000;
    await text.fill(JSON.stringify(said));
    // Whoever comes back to the page has it read again.
    await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
    await page.getByRole('alert').first().waitFor();
    expect(JSON.parse(await text.inputValue())).toEqual(said);
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText('每 4 分钟 提醒一次').first().waitFor();
    const { value } = (await real.admin.get('/api/policies/escalation')).body;
    expect(value.chains[0].steps[0].repeatEveryMs).toBe(240_000);
  });

  it('rules and categories of a policy are shown in words, also those that only the street knows', async () => {
    const { value } = (await real.admin.get('/api/policies/tickets')).body;
    const own = { category: 'tree-pit', priority: 'low', when: { type: 'at-once' } };
    const join = { withinMs: 60_000, place: 'device' };
    value.entries.push({ match: { rules: ['garden-*'] }, ticket: { ...own, join } });
    expect((await real.admin.call('PUT', '/api/policies/tickets', value)).status).toBe(200);
    const page = await open('/policies');
    await page.getByRole('tab', { name: '转工单' }).click();
    const panel = page.getByRole('tabpanel', { name: '转工单' });
    await panel.getByText('所有 care- 开头的规则').waitFor();
    await panel.getByText('门禁 · 胁迫报警').waitFor();
    const row = panel.locator('.manage-row', { hasText: '所有 garden- 开头的规则' });
    await row.getByText('自设类别 tree-pit').waitFor();
  });

  it('the members of a vote and the parts of a condition are fields', async () => {
    const page = await open('/rules');
    await ofBin(page);
    await page.getByRole('button', { name: '新增规则' }).click();
    await dialog(page).getByLabel('编号').fill('two-signs');
    await choose(dialog(page).getByRole('combobox', { name: '类型' }), page.getByTitle('多源表决').last());
    const add = dialog(page).getByRole('button', { name: '添加表决项' });
    await add.click();
    const first = dialog(page).locator('.schema-member').nth(0);
    await choose(
      first.getByRole('combobox', { name: '字段' }),
      page.getByTitle('(fillPercent)', { exact: false }).last(),
    );
    await choose(first.getByRole('combobox', { name: '更多条件' }), page.getByTitle('高于').last());
    await first.getByRole('spinbutton', { name: '高于' }).fill('80');
    await add.click();
    const second = dialog(page).locator('.schema-member').nth(1);
    await choose(second.getByRole('combobox', { name: '选择一种' }), page.getByTitle('设备失联').last());
    await dialog(page).getByLabel('名称（中文）').fill('两个迹象');
    await dialog(page).getByLabel('名称（英文）').fill('Two signs');
    await dialog(page).getByRole('button', { name: '保存' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    const kept = (await rules('')).find((one: { rule: { id: string } }) => one.rule.id === 'two-signs');
    expect(kept.rule).toMatchObject({
      type: 'voting',
      with: { votes: [{ field: 'fillPercent', above: 80 }, { liveness: 'unavailable' }] },
    });
  });

  it('a notice stands on the public board until it is taken down', async () => {
    const page = await open('/board-notices');
    await page.getByRole('button', { name: '发布公告' }).click();
    await choose(dialog(page).getByLabel('小区'), page.getByTitle('jinxiu'));
    await dialog(page).getByLabel('标题').fill('周六停水');
    await dialog(page).getByRole('button', { name: '发布公告' }).click();
    await page.locator('.manage-row', { hasText: '周六停水' }).waitFor();
    const board = async () => (await real.anybody.get('/api/public/board/jinxiu')).body.notices;
    expect(await board()).toMatchObject([{ title: '周六停水' }]);
    await page.getByRole('button', { name: '撤下' }).click();
    await page.getByRole('tooltip').getByRole('button', { name: '撤下' }).click();
    await page.locator('.manage-row').waitFor({ state: 'detached' });
    expect(await board()).toEqual([]);
  });

  it('a new camera is calibrated on what it sees, with zones and masks drawn on it', async () => {
    const stream = 'rtsp://user:secret@10.0.0.9/1';
    const page = await open('/devices');
    await page.getByRole('button', { name: '登记设备' }).click();
    await dialog(page).getByLabel('编号').fill('camera-1');
    await choose(dialog(page).getByLabel('类型'), page.getByTitle('高空抛物相机'));
    await choose(dialog(page).getByLabel('小区'), page.getByTitle('jinxiu'));
    await choose(dialog(page).getByLabel('网关'), page.getByTitle('gw-1'));
    await dialog(page).getByLabel('视频地址').fill(stream);
    await dialog(page).getByRole('button', { name: '登记设备' }).click();
    await page.getByText('密码', { exact: false }).first().waitFor();
    await page.goto(`${real.url}/devices/camera-1/calibration`);
    const take = page.getByRole('button', { name: '取当前画面' });
    await take.click();
    // The gateway says no.
    const asked = async () => (await real.admin.get('/api/devices/camera-1/commands')).body.items;
    await expect.poll(async () => (await asked()).length).toBe(1);
    const answer = (commandId: string, word: object) =>
      gateway.send('event', [{ type: 'command-status', commandId, deviceId: 'camera-1', at: Date.now(), ...word }]);
    await answer((await asked())[0].id, { status: 'failed', error: 'no picture arrives' });
    await page.getByText('no picture arrives').waitFor();
    // Yes, and the picture gets lost on its way.
    await take.click();
    await expect.poll(async () => (await asked()).length).toBe(2);
    await answer((await asked())[0].id, { status: 'done', result: { pictureId: 'lost' } });
    await expect.poll(async () => (await asked())[0].status).toBe('done');
    // Only the date moves: timers and animations go on.
    const late = async () => {
      await page.evaluate(() => {
        const now = Date.now;
        Date.now = () => now() + 60_000;
      });
      return page.getByText('画面却还没有传到').isVisible();
    };
    await expect.poll(late, { timeout: 20_000 }).toBe(true);
    await take.click();
    await expect.poll(async () => (await asked()).length).toBe(3);
    await answer((await asked())[0].id, { status: 'done', result: { pictureId: 'seen' } });
    const blob = await sharp({ create: { width: 800, height: 600, channels: 3, background: '#8899aa' } })
      .jpeg()
      .toBuffer();
    const sha256 = createHash('sha256').update(blob).digest('hex');
    const picture = { id: 'seen', type: 'picture', mime: 'image/jpeg', at: Date.now(), bytes: blob.length, sha256 };
    await gateway.send('evidence', [{ type: 'camera-picture', deviceId: 'camera-1', picture }], { blob });
    await page.getByText('相机画面，取自').waitFor();

    const canvas = page.locator('.picker');
    const click = async (places: [number, number][]) => {
      const { width = 0, height = 0 } = (await canvas.boundingBox()) ?? {};
      for (const [x, y] of places) await canvas.click({ position: { x: x * width, y: y * height } });
    };
    const save = page.getByRole('button', { name: /^(保\s?存|还需|先完成)/ });
    await click([
      [0.2, 0.9],
      [0.8, 0.9],
      [0.7, 0.1],
    ]);
    expect(await save.isDisabled()).toBe(true);
    await click([[0.3, 0.1]]);
    // The grid of 18 floors and 4 columns lies over the picture.
    expect((await page.locator('.picker-grid').getAttribute('d'))?.match(/M/g)).toHaveLength(19 + 5);
    await page.getByText('隐私遮罩', { exact: true }).click();
    await click([
      [0.3, 0.3],
      [0.5, 0.3],
      [0.5, 0.5],
    ]);
    expect(await save.isDisabled()).toBe(true);
    await page.getByRole('button', { name: '完成这块区域' }).click();
    await page.getByText('检测区域', { exact: true }).click();
    await click([
      [0.1, 0.05],
      [0.9, 0.05],
      [0.9, 0.95],
      [0.1, 0.95],
    ]);
    await page.getByRole('button', { name: '完成这块区域' }).click();
    await page.getByLabel('区域名称').fill('南立面');
    await page.getByText('视频源', { exact: true }).click();
    expect(await page.getByLabel('视频地址').inputValue()).toBe(stream);
    await page.getByLabel('重要性').fill('60');
    await save.click();
    await page.waitForURL(/\/devices\/camera-1$/);
    const { options } = (await real.admin.get('/api/devices/camera-1')).body;
    expect(cameraOptionsSchema.safeParse(options).error).toBeUndefined();
    expect(options).toMatchObject({
      stream,
      importance: 60,
      zones: [{ name: '南立面' }],
      masks: [{ type: 'privacy' }],
    });
    const corners = options.calibration.points.map(({ column, floor }: Record<string, number>) => [column, floor]);
    expect(corners).toEqual([
      [0, 1],
      [4, 1],
      [4, 19],
      [0, 19],
    ]);
    expect(options.zones[0].polygon).toHaveLength(4);
    expect(options.zones[0].polygon[0][0]).toBeCloseTo(0.1, 1);
  });

  it('a flood says how much it folds, and what the hub says to me is shown at once', async () => {
    const page = await open('/alarms');
    await page.getByText('实时', { exact: true }).first().waitFor();
    const raise = raised(gateway, 'folded', { body: { severity: 'minor', lifeSafety: false } });
    const fold = {
      ...raise.fact,
      id: 'folded-by-flood',
      author: { type: 'system', id: 'flood' },
      body: { type: 'suppressed', by: 'flood', reason: '报警洪水', untilAt: Date.now() + 600_000 },
    };
    await gateway.send('alarm', [raise, { type: 'fact', fact: fold }]);
    await page.getByText('报警洪水：1 条低优先级报警已折叠').waitFor();
    await real.admin.post('/api/channels/console/test', {});
    await page.locator('.ant-notification-notice').first().waitFor();
  });
});
