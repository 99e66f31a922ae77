import { createDecipheriv, createECDH, createHmac, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import webPush from 'web-push';
import { scanDefinitions } from '../../../core/scan.ts';
import type { Notice, Notifier, Outcome } from '../../../hub/notify/notifier.ts';
import { type Answerer, startHttpReceiver, startSmtpServer } from './servers.ts';

vi.setConfig({ testTimeout: 120_000 });

const NOW = 1_790_000_000_000;
const notifiers = await scanDefinitions<Notifier>(join(import.meta.dirname, '../../../hub/notifiers'));

const notice: Notice = {
  id: 'n1',
  type: 'alarm',
  language: 'zh',
  title: '烟雾报警 3号楼2单元5层502',
  text: '烟感报警\n请立即到场核实 "厨房"',
  severity: 'critical',
  lifeSafety: true,
  at: NOW,
  communityId: 'garden',
  alarmId: 'a1',
  ticketId: null,
  link: 'http://127.0.0.1:8080/alarms/a1',
  to: null,
};

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function receiver(answer?: Answerer) {
  const http = await startHttpReceiver(answer);
  cleanups.push(() => http.stop());
  return http;
}

/** Sends through the configuration's own schema, as dispatch does. */
async function send(id: string, config: unknown, changes: Partial<Notice> = {}, timeoutMs = 30_000): Promise<Outcome> {
  const notifier = notifiers.get(id);
  if (!notifier) throw new Error(`no notifier ${id}`);
  const signal = AbortSignal.timeout(timeoutMs);
  return notifier.send({ ...notice, ...changes }, notifier.configSchema.parse(config), { signal, now: NOW, show() {} });
}

describe('the folder of notifiers', () => {
  it('holds the nine of the product, each with a strict schema and secrets that exist in it', () => {
    expect([...notifiers.keys()]).toEqual([
      'console',
      'dingtalk',
      'email',
      'feishu',
      'mqtt',
      'sms-http',
      'web-push',
      'webhook',
      'wecom',
    ]);
    for (const notifier of notifiers.values()) {
      expect(notifier.configSchema.safeParse({ unknown: 1 }).success).toBe(false);
      const shape = (notifier.configSchema as unknown as { shape: Record<string, unknown> }).shape;
      for (const secret of notifier.secrets) expect(Object.keys(shape)).toContain(secret);
    }
  });
});

describe('webhook', () => {
  it('signs time and body so that the receiver can prove who sent it', async () => {
    const http = await receiver();
    expect(await send('webhook', { url: http.url, secret: 's'.repeat(16) })).toEqual({ outcome: 'delivered' });
    const [got] = http.received;
    const expected = createHmac('sha256', 's'.repeat(16)).update(`${NOW}.${got?.body}`).digest('hex');
    expect(got?.headers['x-linli-signature']).toBe(`t=${NOW},v1=${expected}`);
    expect(got?.headers['idempotency-key']).toBe('n1');
    expect(JSON.parse(String(got?.body))).toMatchObject({ id: 'n1', alarmId: 'a1', severity: 'critical' });
  });

  it('asks for a retry when the receiver is busy, honouring Retry-After, and gives up on a refusal', async () => {
    const busy = await receiver(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    const outcome = await send('webhook', { url: busy.url, secret: 's'.repeat(16) });
    expect(outcome).toEqual({ outcome: 'retry', reason: 'the receiver answered 429', afterMs: 7_000 });
    const gone = await receiver(() => ({ status: 404 }));
    expect(await send('webhook', { url: gone.url, secret: 's'.repeat(16) })).toMatchObject({ outcome: 'rejected' });
  });

  it('does not follow a redirect to another address', async () => {
    const inner = await receiver();
    const outer = await receiver(() => ({ status: 307, headers: { location: inner.url } }));
    expect(await send('webhook', { url: outer.url, secret: 's'.repeat(16) })).toMatchObject({ outcome: 'rejected' });
    expect(inner.received).toHaveLength(0);
  });

  it('never calls a link-local address, and says retry when nobody listens', async () => {
    const secret = 's'.repeat(16);
    expect(await send('webhook', { url: 'http://169.254.169.254/latest', secret })).toMatchObject({
      outcome: 'rejected',
    });
    expect(await send('webhook', { url: 'http://127.0.0.1:1/', secret })).toMatchObject({ outcome: 'retry' });
  });

  it('ends an attempt whose time is over', async () => {
    const http = await startHttpReceiver();
    const { createServer } = await import('node:net');
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const port = (silent.address() as { port: number }).port;
    const outcome = await send('webhook', { url: `http://127.0.0.1:${port}`, secret: 's'.repeat(16) }, {}, 150);
    expect(outcome).toEqual({ outcome: 'retry', reason: 'no answer in time' });
    silent.close();
    await http.stop();
  });
});

describe('dingtalk', () => {
  it('signs with 加签 and calls everyone for life safety', async () => {
    const secret = 'SEC123';
    const http = await receiver(({ url }) => {
      const timestamp = url.searchParams.get('timestamp');
      const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
      return {
        body: sign === url.searchParams.get('sign') ? { errcode: 0 } : { errcode: 310000, errmsg: 'sign not match' },
      };
    });
    const url = `${http.url}/robot/send?access_token=t`;
    expect(await send('dingtalk', { url, secret })).toEqual({ outcome: 'delivered' });
    expect(JSON.parse(String(http.received[0]?.body))).toMatchObject({ msgtype: 'markdown', at: { isAtAll: true } });
    const refused = await send('dingtalk', { url, secret: 'SECwrong' });
    expect(refused).toEqual({ outcome: 'rejected', reason: 'DingTalk answered 310000: sign not match' });
  });

  it('waits when the robot is too fast', async () => {
    const http = await receiver(() => ({ body: { errcode: 130101, errmsg: 'send too fast' } }));
    expect(await send('dingtalk', { url: http.url, secret: 'x' })).toMatchObject({ outcome: 'retry', afterMs: 60_000 });
  });
});

describe('feishu', () => {
  it('signs with the secret inside the key', async () => {
    const secret = 'feishu-secret';
    const http = await receiver(({ body }) => {
      const { timestamp, sign } = JSON.parse(String(body));
      const expected = createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');
      return { body: sign === expected ? { code: 0 } : { code: 19021, msg: 'sign match fail' } };
    });
    expect(await send('feishu', { url: http.url, secret })).toEqual({ outcome: 'delivered' });
    expect(JSON.parse(String(http.received[0]?.body)).card.header.template).toBe('red');
    expect(await send('feishu', { url: http.url, secret: 'other' })).toMatchObject({ outcome: 'rejected' });
  });
});

describe('wecom', () => {
  it('sends markdown below the platform limit of 4096 bytes', async () => {
    const http = await receiver(() => ({ body: { errcode: 0, errmsg: 'ok' } }));
    expect(await send('wecom', { url: http.url }, { text: '烟'.repeat(3_000) })).toEqual({ outcome: 'delivered' });
    const { markdown } = JSON.parse(String(http.received[0]?.body));
    expect(Buffer.byteLength(markdown.content)).toBeLessThanOrEqual(4_096);
    expect(markdown.content).toContain('warning');
  });

  it('waits on its frequency limit and gives up on a wrong key', async () => {
    const limited = await receiver(() => ({ body: { errcode: 45009, errmsg: 'api freq out of limit' } }));
    expect(await send('wecom', { url: limited.url })).toMatchObject({ outcome: 'retry' });
    const wrong = await receiver(() => ({ body: { errcode: 93000, errmsg: 'invalid webhook url' } }));
    expect(await send('wecom', { url: wrong.url })).toMatchObject({ outcome: 'rejected' });
  });
});

describe('sms-http', () => {
  it('fills the template without letting a text change its shape', async () => {
    const http = await receiver(() => ({ body: { code: '0' } }));
    const config = { url: http.url, headers: { 'x-key': 'k' }, success: { field: 'code', value: '0' } };
    expect(await send('sms-http', config, { to: '13800000000' })).toEqual({ outcome: 'delivered' });
    const sent = JSON.parse(String(http.received[0]?.body));
    expect(sent).toEqual({ to: '13800000000', text: `${notice.title} ${notice.text}`, id: 'n1' });
  });

  it('encodes forms, and believes the field that means yes more than a 200', async () => {
    const http = await receiver(() => ({ body: { code: '105' } }));
    const outcome = await send(
      'sms-http',
      {
        url: http.url,
        contentType: 'application/x-www-form-urlencoded',
        body: 'mobile={{to}}&content={{text}}',
        success: { field: 'code', value: '0' },
      },
      { to: '13800000000', text: 'a&b=c' },
    );
    expect(outcome).toEqual({ outcome: 'rejected', reason: 'the gateway answered code 105' });
    const form = new URLSearchParams(String(http.received[0]?.body));
    expect(form.get('content')).toBe(`${notice.title} a&b=c`);
  });
});

describe('email', () => {
  it('hands a mail to a real SMTP server, with a login', async () => {
    const smtp = await startSmtpServer({ login: 'linli\0secret' });
    cleanups.push(() => smtp.stop());
    const config = {
      host: '127.0.0.1',
      port: smtp.port,
      tls: 'off',
      from: 'linli@example.org',
      username: 'linli',
      password: 'secret',
    };
    expect(await send('email', config, { to: 'wang@example.org' })).toEqual({ outcome: 'delivered' });
    expect(smtp.mails[0]).toMatchObject({ from: 'linli@example.org', to: ['wang@example.org'] });
    expect(smtp.mails[0]?.data).toContain('Message-ID: <n1@linli>');
    expect(await send('email', { ...config, password: 'wrong' }, { to: 'w@example.org' })).toEqual({
      outcome: 'rejected',
      reason: 'the mail server refused the login',
    });
  });

  it('tells a full mailbox from an unknown one', async () => {
    const smtp = await startSmtpServer({ refuse: (to) => (to.startsWith('full') ? '452 full' : '550 unknown') });
    cleanups.push(() => smtp.stop());
    const config = { host: '127.0.0.1', port: smtp.port, tls: 'off', from: 'linli@example.org' };
    expect(await send('email', config, { to: 'full@example.org' })).toMatchObject({ outcome: 'retry' });
    expect(await send('email', config, { to: 'nobody@example.org' })).toMatchObject({ outcome: 'rejected' });
  });

  it('sends nothing in clear when STARTTLS is required and the server has none', async () => {
    const smtp = await startSmtpServer();
    cleanups.push(() => smtp.stop());
    const config = { host: '127.0.0.1', port: smtp.port, from: 'linli@example.org' };
    expect((await send('email', config, { to: 'wang@example.org' })).outcome).not.toBe('delivered');
    expect(smtp.mails).toHaveLength(0);
  });
});

describe('mqtt', () => {
  it('publishes to a real broker with QoS 1, and tells a refused login from a broker that is away', async () => {
    const { Aedes } = await import('aedes');
    const { createServer } = await import('node:net');
    const broker = await Aedes.createBroker();
    broker.authenticate = (_client, username, password, done) =>
      done(null, username === 'siren' && String(password) === 'pw');
    const server = createServer(broker.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(
      () => server.close(),
      () => new Promise<void>((resolve) => broker.close(() => resolve())),
    );
    const got: { topic: string; payload: string; qos: number }[] = [];
    broker.on('publish', ({ topic, payload, qos }, client) => {
      if (client) got.push({ topic, payload: String(payload), qos });
    });
    const url = `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`;
    const config = { url, username: 'siren', password: 'pw', topic: 'yard/siren', payload: 'ON' };
    expect(await send('mqtt', config)).toEqual({ outcome: 'delivered' });
    expect(got).toEqual([{ topic: 'yard/siren', payload: 'ON', qos: 1 }]);
    expect(await send('mqtt', { ...config, password: 'no' })).toMatchObject({ outcome: 'rejected' });
    expect(await send('mqtt', { ...config, url: 'mqtt://127.0.0.1:1' })).toMatchObject({ outcome: 'retry' });
  });
});

describe('web-push', () => {
  it('encrypts for the one browser and signs with the VAPID key', async () => {
    const browser = createECDH('prime256v1');
    browser.generateKeys();
    const auth = randomBytes(16);
    const vapid = webPush.generateVAPIDKeys();
    const http = await receiver(() => ({ status: 201 }));
    const to = JSON.stringify({
      endpoint: `${http.url}/push/1`,
      keys: { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') },
    });
    const config = { contact: 'mailto:ops@example.org', ...vapid, allowPrivate: true };
    expect(await send('web-push', config, { to })).toEqual({ outcome: 'delivered' });
    const [got] = http.received;
    expect(JSON.parse(decryptPush(got?.body as Buffer, browser, auth))).toMatchObject({
      id: 'n1',
      title: notice.title,
    });
    expect(vapidIsValid(String(got?.headers.authorization), vapid.publicKey)).toBe(true);
    expect(await send('web-push', { ...config, allowPrivate: false }, { to })).toMatchObject({ outcome: 'rejected' });
  });

  it('gives up on a browser that has ended its subscription', async () => {
    const browser = createECDH('prime256v1');
    browser.generateKeys();
    const http = await receiver(() => ({ status: 410 }));
    const keys = { p256dh: browser.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') };
    const config = { contact: 'mailto:ops@example.org', ...webPush.generateVAPIDKeys(), allowPrivate: true };
    const to = JSON.stringify({ endpoint: http.url, keys });
    expect(await send('web-push', config, { to })).toEqual({
      outcome: 'rejected',
      reason: 'the browser has ended its subscription',
    });
  });
});

/** What the browser does with a push body: RFC 8291 and RFC 8188, one record. */
function decryptPush(body: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const keyLength = body.readUInt8(20);
  const serverKey = body.subarray(21, 21 + keyLength);
  const record = body.subarray(21 + keyLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), serverKey]);
  const secret = Buffer.from(hkdfSync('sha256', browser.computeSecret(serverKey), auth, info, 32));
  const key = Buffer.from(hkdfSync('sha256', secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16));
  const nonce = Buffer.from(hkdfSync('sha256', secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12));
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString('utf8');
}

/** The check of RFC 8292: an ES256 token signed with the key that the page subscribed with. */
function vapidIsValid(header: string, publicKey: string): boolean {
  const token = /t=([^,]+)/.exec(header)?.[1] ?? '';
  const [head, claims, signature] = token.split('.');
  const raw = Buffer.from(publicKey, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: raw.subarray(1, 33).toString('base64url'),
    y: raw.subarray(33, 65).toString('base64url'),
  };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature ?? '', 'base64url'),
  );
}
