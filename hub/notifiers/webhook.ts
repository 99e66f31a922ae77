import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/**
 * Any HTTP receiver. The body is the notice as JSON; `x-linli-signature` is
 * `t=<epoch ms>,v1=<hex HMAC-SHA256 of "<epoch ms>.<body>" with the secret>`, so a receiver can
 * prove who sent it and refuse an old one.
 */
export default defineNotifier({
  title: { zh: 'Webhook', en: 'Webhook' },
  configSchema: z.strictObject({ url: z.url().max(500), secret: z.string().min(16).max(200) }),
  secrets: ['secret'],
  perMinuteMax: 600,
  async send(notice, config, { signal, now }) {
    const body = JSON.stringify(notice);
    const signature = createHmac('sha256', config.secret).update(`${now}.${body}`).digest('hex');
    const result = await request({
      url: config.url,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': notice.id,
        'x-linli-signature': `t=${now},v1=${signature}`,
      },
      body,
      signal,
    });
    return result.ok ? outcomeOfStatus(result.answer) : result.outcome;
  },
});
