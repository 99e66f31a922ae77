import webPush from 'web-push';
import { z } from 'zod';
import { outcomeOfStatus, request } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

/** What a browser's PushManager hands out; the page sends it as JSON text. */
const subscriptionSchema = z.strictObject({
  endpoint: z.url().max(1_000),
  expirationTime: z.number().nullable().optional(),
  keys: z.strictObject({ p256dh: z.string().max(200), auth: z.string().max(100) }),
});

const toSchema = z
  .string()
  .max(2_000)
  .refine((text) => parseSubscription(text) !== undefined, 'not a push subscription of a browser');

/** A night-shift alarm is of no use the next morning. */
const TTL_SECONDS = 3_600;

/** Web Push (RFC 8030, 8291, 8292): encrypted for one browser, delivered by the browser's vendor. */
export default defineNotifier({
  title: { zh: '浏览器推送', en: 'Web push' },
  configSchema: z.strictObject({
    /** `mailto:` or `https:`; the push service writes there when something is wrong. */
    contact: z.string().regex(/^(mailto:|https:)/),
    publicKey: z.string().max(200),
    privateKey: z.string().max(200),
    /** The endpoint comes from a browser, so it must be public unless an administrator allows otherwise. */
    allowPrivate: z.boolean().default(false),
  }),
  secrets: ['privateKey'],
  toSchema,
  perMinuteMax: 600,
  async send(notice, config, { signal }) {
    const subscription = parseSubscription(notice.to ?? '');
    if (!subscription) return { outcome: 'rejected', reason: 'not a push subscription of a browser' };
    const { title, text, link, severity, id } = notice;
    let details: webPush.RequestDetails;
    try {
      details = webPush.generateRequestDetails(
        { endpoint: subscription.endpoint, keys: subscription.keys },
        JSON.stringify({ id, title, text, link, severity }),
        {
          vapidDetails: { subject: config.contact, publicKey: config.publicKey, privateKey: config.privateKey },
          TTL: TTL_SECONDS,
          urgency: severity === 'critical' ? 'high' : 'normal',
          contentEncoding: 'aes128gcm',
        },
      );
    } catch {
      return { outcome: 'rejected', reason: 'the keys of the channel or of the browser are not valid' };
    }
    const headers = Object.fromEntries(
      Object.entries(details.headers)
        .filter(([name]) => name.toLowerCase() !== 'content-length')
        .map(([name, value]) => [name, String(value)]),
    );
    const result = await request({
      url: details.endpoint,
      headers,
      ...(details.body ? { body: new Uint8Array(details.body) } : {}),
      signal,
      publicOnly: !config.allowPrivate,
    });
    if (!result.ok) return result.outcome;
    if (result.answer.status === 404 || result.answer.status === 410)
      return { outcome: 'rejected', reason: 'the browser has ended its subscription' };
    return outcomeOfStatus(result.answer);
  },
});

function parseSubscription(text: string): z.infer<typeof subscriptionSchema> | undefined {
  try {
    return subscriptionSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
