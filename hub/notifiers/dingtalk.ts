import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { jsonOf, outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/** Codes that another try may cure: too fast, system busy. */
const RETRY_CODES = new Set([-1, 130101, 410100]);

/** A group robot of DingTalk (钉钉自定义机器人) with the 加签 setting: HMAC-SHA256 of "<ms>\n<secret>" with the secret. */
export default defineNotifier({
  title: { zh: '钉钉群机器人', en: 'DingTalk robot' },
  configSchema: z.strictObject({ url: z.url().max(500), secret: z.string().min(1).max(200) }),
  secrets: ['url', 'secret'],
  // The platform blocks a robot for ten minutes above 20 messages a minute.
  perMinuteMax: 18,
  async send(notice, config, { signal, now }) {
    const url = new URL(config.url);
    url.searchParams.set('timestamp', String(now));
    url.searchParams.set(
      'sign',
      createHmac('sha256', config.secret).update(`${now}\n${config.secret}`).digest('base64'),
    );
    const link = notice.link ? `\n\n[${notice.language === 'zh' ? '查看' : 'Open'}](${notice.link})` : '';
    const text = `### ${notice.title}\n\n${notice.text.replaceAll('\n', '\n\n')}${link}`;
    const result = await request({
      url: url.href,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        msgtype: 'markdown',
        markdown: { title: notice.title, text },
        at: { isAtAll: notice.lifeSafety },
      }),
      signal,
    });
    if (!result.ok) return result.outcome;
    const { errcode, errmsg } = jsonOf(result.answer);
    if (result.answer.status !== 200 || typeof errcode !== 'number') return outcomeOfStatus(result.answer);
    if (errcode === 0) return { outcome: 'delivered' };
    const reason = `DingTalk answered ${errcode}: ${String(errmsg).slice(0, 200)}`;
    return RETRY_CODES.has(errcode) ? { outcome: 'retry', reason, afterMs: 60_000 } : { outcome: 'rejected', reason };
  },
});
