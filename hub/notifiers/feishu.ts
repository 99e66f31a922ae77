import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { jsonOf, outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/** Codes that another try may cure: too many requests, internal trouble. */
const RETRY_CODES = new Set([9499, 11232, 99991400]);

const COLOURS = { critical: 'red', major: 'orange', minor: 'yellow', notice: 'blue' } as const;

/** A group robot of Feishu (飞书自定义机器人), signed: HMAC-SHA256 of nothing with "<s>\n<secret>" as the key. */
export default defineNotifier({
  title: { zh: '飞书群机器人', en: 'Feishu robot' },
  configSchema: z.strictObject({ url: z.url().max(500), secret: z.string().min(1).max(200) }),
  secrets: ['url', 'secret'],
  // The platform takes 100 a minute and 5 a second.
  perMinuteMax: 90,
  async send(notice, config, { signal, now }) {
    const timestamp = String(Math.floor(now / 1_000));
    const elements: unknown[] = [{ tag: 'div', text: { tag: 'plain_text', content: notice.text } }];
    if (notice.link) {
      const content = notice.language === 'zh' ? '查看' : 'Open';
      elements.push({
        tag: 'action',
        actions: [{ tag: 'button', text: { tag: 'plain_text', content }, url: notice.link, type: 'primary' }],
      });
    }
    const result = await request({
      url: config.url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        timestamp,
        sign: createHmac('sha256', `${timestamp}\n${config.secret}`).digest('base64'),
        msg_type: 'interactive',
        card: {
          header: {
            template: notice.severity ? COLOURS[notice.severity] : 'blue',
            title: { tag: 'plain_text', content: notice.title },
          },
          elements,
        },
      }),
      signal,
    });
    if (!result.ok) return result.outcome;
    const { code, msg } = jsonOf(result.answer);
    if (typeof code !== 'number') return outcomeOfStatus(result.answer);
    if (code === 0) return { outcome: 'delivered' };
    const reason = `Feishu answered ${code}: ${String(msg).slice(0, 200)}`;
    return RETRY_CODES.has(code) ? { outcome: 'retry', reason, afterMs: 30_000 } : { outcome: 'rejected', reason };
  },
});
