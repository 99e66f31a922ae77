/** One HTTP request of a notifier: bounded in time, answer and redirects; never throws for trouble on the way. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { Outcome } from './notifier.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

export interface Answer {
  status: number;
  text: string;
  /** The receiver's own wish, from Retry-After in seconds. */
  afterMs?: number;
}

export interface Request {
  url: string;
  method?: 'POST' | 'GET' | 'PUT';
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
  /** True when the address did not come from an administrator: then it must lie in the public network. */
  publicOnly?: boolean;
}

/** The answer, or the outcome when there is none. A redirect is an answer: following it would leave the configured host. */
export async function request(
  options: Request,
): Promise<{ ok: true; answer: Answer } | { ok: false; outcome: Outcome }> {
  try {
    const refused = await refuseAddress(new URL(options.url), options.publicOnly ?? false);
    if (refused) return { ok: false, outcome: { outcome: 'rejected', reason: refused } };
    const response = await fetch(options.url, {
      method: options.method ?? 'POST',
      headers: options.headers ?? {},
      ...(options.body === undefined ? {} : { body: options.body }),
      signal: options.signal,
      redirect: 'manual',
    });
    const afterS = Number(response.headers.get('retry-after'));
    return {
      ok: true,
      answer: {
        status: response.status,
        text: await readText(response),
        ...(afterS > 0 ? { afterMs: afterS * 1_000 } : {}),
      },
    };
  } catch (error) {
    return { ok: false, outcome: { outcome: 'retry', reason: reasonOf(error, options.signal) } };
  }
}

/** What a plain HTTP status says: 2xx delivered; busy, slow or broken is worth a retry; the rest is not. */
export function outcomeOfStatus(answer: Answer): Outcome {
  const { status, afterMs } = answer;
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const reason = `the receiver answered ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { outcome: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
  return { outcome: 'rejected', reason };
}

/** The fields of a JSON answer, or none. */
export function jsonOf(answer: Answer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(answer.text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Why an attempt failed, without the address: it may hold a key. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? `no connection: ${code}` : 'no connection';
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Link-local addresses are where clouds keep their machines' credentials: never. Private addresses
 * are allowed to administrators, because an SMS gateway or a siren stands in the estate's own
 * network, and to nobody else.
 */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

const NOT_PUBLIC = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  NOT_PUBLIC.addSubnet(net, bits, 'ipv4');
NOT_PUBLIC.addSubnet('::', 127, 'ipv6');
NOT_PUBLIC.addSubnet('fc00::', 7, 'ipv6');
NOT_PUBLIC.addSubnet('ff00::', 8, 'ipv6');

async function refuseAddress(url: URL, publicOnly: boolean): Promise<string | undefined> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https addresses can be called';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true })).map((entry) => entry.address);
  for (const address of addresses) {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (LINK_LOCAL.check(address, family)) return 'link-local addresses cannot be called';
    if (publicOnly && NOT_PUBLIC.check(address, family)) return 'only addresses in the public network can be called';
  }
  return undefined;
}
