import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { reasonOf } from '../notify/http.ts';
import { defineNotifier } from '../notify/notifier.ts';

const STEP_MS_MAX = 10_000;

/** Mail over SMTP. `tls: required` refuses a server without STARTTLS, `implicit` is port 465. */
export default defineNotifier({
  title: { zh: '邮件', en: 'E-mail' },
  configSchema: z.strictObject({
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(587),
    tls: z.enum(['implicit', 'required', 'off']).default('required'),
    username: z.string().max(200).optional(),
    password: z.string().max(200).optional(),
    from: z.email().max(254),
    /** Receivers when the message names none: a shared mailbox. */
    to: z.array(z.email().max(254)).max(20).default([]),
  }),
  secrets: ['password'],
  toSchema: z.email().max(254),
  perMinuteMax: 60,
  async send(notice, config, { signal }) {
    const to = notice.to === null ? config.to : [notice.to];
    if (to.length === 0) return { outcome: 'rejected', reason: 'the channel names no receiver' };
    const transport = createTransport({
      host: config.host,
      port: config.port,
      secure: config.tls === 'implicit',
      requireTLS: config.tls === 'required',
      ignoreTLS: config.tls === 'off',
      connectionTimeout: STEP_MS_MAX,
      greetingTimeout: STEP_MS_MAX,
      socketTimeout: STEP_MS_MAX,
      ...(config.username ? { auth: { user: config.username, pass: config.password ?? '' } } : {}),
    });
    const abort = () => transport.close();
    signal.addEventListener('abort', abort);
    try {
      const link = notice.link ? `\n\n${notice.link}` : '';
      const priority = notice.severity === 'critical' ? 'high' : 'normal';
      // The id as Message-ID lets a mailbox drop the second copy of a repeated attempt.
      const messageId = `<${notice.id}@linli>`;
      await transport.sendMail({
        from: config.from,
        to,
        subject: notice.title,
        text: notice.text + link,
        priority,
        messageId,
      });
      return { outcome: 'delivered' };
    } catch (error) {
      const { responseCode, code } = error as { responseCode?: number; code?: string };
      if (code === 'EAUTH') return { outcome: 'rejected', reason: 'the mail server refused the login' };
      if (responseCode !== undefined && responseCode >= 500)
        return { outcome: 'rejected', reason: `the mail server answered ${responseCode}` };
      return {
        outcome: 'retry',
        reason: responseCode ? `the mail server answered ${responseCode}` : reasonOf(error, signal),
      };
    } finally {
      signal.removeEventListener('abort', abort);
      transport.close();
    }
  },
});
