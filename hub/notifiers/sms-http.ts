import { z } from 'zod';
import { jsonOf, outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/**
 * Any SMS provider with an HTTP interface. `body` is a template with {{to}}, {{text}} and {{id}};
 * each is escaped for the content type, so a text cannot change the shape of the request.
 * Where a provider answers 200 for everything, `success` names the field and value that mean yes.
 */
export default defineNotifier({
  title: { zh: '短信网关', en: 'SMS gateway' },
  configSchema: z.strictObject({
    url: z.url().max(500),
    contentType: z.enum(['application/json', 'application/x-www-form-urlencoded']).default('application/json'),
    headers: z.record(z.string().max(100), z.string().max(500)).default({}),
    body: z.string().max(4_000).default('{"to":"{{to}}","text":"{{text}}","id":"{{id}}"}'),
    success: z.strictObject({ field: z.string().max(64), value: z.string().max(64) }).optional(),
  }),
  secrets: ['url', 'headers', 'body'],
  toSchema: z.string().regex(/^\+?[0-9]{5,15}$/, 'a phone number is 5 to 15 digits'),
  perMinuteMax: 60,
  async send(notice, config, { signal }) {
    if (notice.to === null) return { outcome: 'rejected', reason: 'an SMS needs a phone number' };
    const values: Record<string, string> = { to: notice.to, text: `${notice.title} ${notice.text}`, id: notice.id };
    const escaped = config.contentType === 'application/json' ? escapeJson : encodeURIComponent;
    const body = config.body.replace(/\{\{(to|text|id)\}\}/g, (_, name: string) => escaped(values[name] ?? ''));
    const result = await request({
      url: config.url,
      headers: { ...config.headers, 'content-type': config.contentType },
      body,
      signal,
    });
    if (!result.ok) return result.outcome;
    const byStatus = outcomeOfStatus(result.answer);
    if (byStatus.outcome !== 'delivered' || !config.success) return byStatus;
    const said = String(jsonOf(result.answer)[config.success.field]);
    if (said === config.success.value) return byStatus;
    return { outcome: 'rejected', reason: `the gateway answered ${config.success.field} ${said.slice(0, 100)}` };
  },
});

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
