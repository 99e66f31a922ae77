import { z } from 'zod';
import { jsonOf, outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/** Codes that another try may cure: system busy, too many calls. */
const RETRY_CODES = new Set([-1, 45009, 45033]);

/** WeCom cuts a markdown message at 4096 bytes. */
const TEXT_BYTES_MAX = 4_000;

/** A group robot of WeCom (企业微信群机器人). It knows no signature: the key in the address is the secret. */
export default defineNotifier({
  title: { zh: '企业微信群机器人', en: 'WeCom robot' },
  configSchema: z.strictObject({ url: z.url().max(500) }),
  secrets: ['url'],
  // The platform takes 20 messages a minute.
  perMinuteMax: 18,
  async send(notice, config, { signal }) {
    const colour = notice.severity === 'critical' || notice.severity === 'major' ? 'warning' : 'info';
    const link = notice.link ? `\n[${notice.language === 'zh' ? '查看' : 'Open'}](${notice.link})` : '';
    const quoted = notice.text
      .split('\n')
      .map((line) => `> ${line}`)
      .join('\n');
    const content = cut(`**<font color="${colour}">${notice.title}</font>**\n${quoted}`, TEXT_BYTES_MAX) + link;
    const result = await request({
      url: config.url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ msgtype: 'markdown', markdown: { content } }),
      signal,
    });
    if (!result.ok) return result.outcome;
    const { errcode, errmsg } = jsonOf(result.answer);
    if (result.answer.status !== 200 || typeof errcode !== 'number') return outcomeOfStatus(result.answer);
    if (errcode === 0) return { outcome: 'delivered' };
    const reason = `WeCom answered ${errcode}: ${String(errmsg).slice(0, 200)}`;
    return RETRY_CODES.has(errcode) ? { outcome: 'retry', reason, afterMs: 60_000 } : { outcome: 'rejected', reason };
  },
});

/** The longest beginning of whole characters that fits. */
function cut(text: string, bytesMax: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) return kept;
    kept += character;
  }
  return kept;
}
