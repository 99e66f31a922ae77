/** Real receivers on loopback for notifier tests: HTTP that keeps what it got, and a small SMTP server (RFC 5321). */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';

interface Received {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface HttpReceiver {
  url: string;
  received: Received[];
  stop(): Promise<void>;
}

export type Answerer = (received: Received) => { status?: number; headers?: Record<string, string>; body?: unknown };

export async function startHttpReceiver(answer: Answerer = () => ({})): Promise<HttpReceiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const got = { method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks) };
    received.push(got);
    const { status = 200, headers = {}, body = {} } = answer(got);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Mail {
  from: string;
  to: string[];
  data: string;
}

export interface SmtpServer {
  port: number;
  mails: Mail[];
  stop(): Promise<void>;
}

/** Speaks enough SMTP for a real client: EHLO, AUTH PLAIN, MAIL, RCPT, DATA, QUIT. `refuse` answers a receiver. */
export async function startSmtpServer(
  options: { login?: string; refuse?: (to: string) => string | undefined } = {},
): Promise<SmtpServer> {
  const mails: Mail[] = [];
  const server = createTcpServer((socket) => {
    let mail: Mail = { from: '', to: [], data: '' };
    let inData = false;
    let rest = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    socket.on('error', () => socket.destroy());
    say('220 test.local ESMTP');
    socket.on('data', (chunk) => {
      rest += chunk.toString('utf8');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (inData) {
          if (line !== '.') mail.data += `${line.replace(/^\.\./, '.')}\n`;
          else {
            inData = false;
            mails.push(mail);
            mail = { from: '', to: [], data: '' };
            say('250 kept');
          }
          continue;
        }
        const [verb = ''] = line.toUpperCase().split(' ');
        const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
        if (verb === 'EHLO') say(options.login ? '250-test.local\r\n250 AUTH PLAIN' : '250 test.local');
        else if (verb === 'AUTH') {
          const given = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8');
          say(given === `\0${options.login}` ? '235 welcome' : '535 wrong login');
        } else if (verb === 'MAIL') {
          mail.from = address;
          say('250 ok');
        } else if (verb === 'RCPT') {
          const refusal = options.refuse?.(address);
          if (!refusal) mail.to.push(address);
          say(refusal ?? '250 ok');
        } else if (verb === 'DATA') {
          inData = true;
          say('354 go on');
        } else if (verb === 'QUIT') {
          say('221 bye');
          socket.end();
        } else say(verb === 'STARTTLS' ? '502 not implemented' : '250 ok');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
