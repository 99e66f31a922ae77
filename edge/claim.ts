/**
 * Who this gateway is. A file that names it is taken at its word; a file with a claim code gets the
 * identity from the hub at the first start and keeps it in the data folder: `identity.json`, the
 * secret and the hub's authority, all 0600. The secret is made here and written before the hub hears
 * it, so a crash or a lost answer at any point is mended by asking again with the same two words.
 */

import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, sleep } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';
import { newSecret } from '../core/ids.ts';
import { idSchema } from '../core/text.ts';
import { writeWhole } from '../core/whole-file.ts';
import type { EdgeConfig, EdgeFile } from './config.ts';
import { Backoff } from './outbox/backoff.ts';

const ANSWER_MS_MAX = 20_000;
const ANSWER_BYTES_MAX = 256 * 1024;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };

const identitySchema = z.strictObject({
  gateway: z.strictObject({ id: idSchema, communityId: idSchema }),
  url: z.string().min(1),
  /** Whether the hub gave an authority to trust. */
  ca: z.boolean(),
});
type Identity = z.infer<typeof identitySchema>;

const answerSchema = z.object({
  type: z.literal('gateway'),
  gateway: z.object({ id: idSchema, communityId: idSchema }),
  uplink: z.object({ url: z.string().min(1), ca: z.string().nullable() }),
});

export interface ClaimTools {
  clock: Clock;
  random: () => number;
  env: Record<string, string | undefined>;
  /** For whoever watches the first start. */
  say(line: string): void;
}

/** Throws StartError when the hub refuses the code; waits for a hub that cannot be reached. */
export async function withIdentity({ claim, gateway, ...config }: EdgeFile, tools: ClaimTools): Promise<EdgeConfig> {
  if (gateway) return { ...config, gateway };
  if (!claim) throw new StartError('gateway: say who the gateway is, or give it a claim code');
  const files = filesOf(config.dataDir);
  const identity = (await readIdentity(files.identity)) ?? (await claimIdentity(claim, files, config.dataDir, tools));
  const { certFile, keyFile } = claim;
  return {
    ...config,
    gateway: identity.gateway,
    hub: {
      url: tools.env.LINLI_UPLINK_BROKER_URL ?? identity.url,
      secretFile: files.secret,
      ...(identity.ca ? { caFile: files.ca } : {}),
      ...(certFile && keyFile ? { certFile, keyFile } : {}),
    },
  };
}

type Claim = NonNullable<EdgeFile['claim']>;
type Files = ReturnType<typeof filesOf>;

function filesOf(dataDir: string) {
  const at = (name: string) => join(dataDir, name);
  return { identity: at('identity.json'), secret: at('secret'), ca: at('hub-ca.pem') };
}

async function readIdentity(path: string): Promise<Identity | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return identitySchema.parse(JSON.parse(text));
  } catch {
    throw new StartError(
      `${path} is damaged: put it back from a copy, or remove it and give the gateway a new claim code`,
    );
  }
}

async function claimIdentity(claim: Claim, files: Files, dataDir: string, tools: ClaimTools): Promise<Identity> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const code = claim.code ?? (await readText(claim.codeFile ?? '', 'claim.codeFile'));
  const ca = claim.caFile === undefined ? undefined : await readText(claim.caFile, 'claim.caFile');
  const secret = await ownSecret(files.secret);
  const answer = await askUntilAnswered({ url: claim.url, code, secret, ca }, tools);
  if (answer.uplink.ca !== null) await writeWhole(files.ca, answer.uplink.ca);
  const { id, communityId } = answer.gateway;
  const identity = { gateway: { id, communityId }, url: answer.uplink.url, ca: answer.uplink.ca !== null };
  await writeWhole(files.identity, `${JSON.stringify(identity)}\n`);
  tools.say(`claimed: this is gateway ${id} of community ${communityId}, kept in ${files.identity}`);
  return identity;
}

/** The secret of an earlier try counts: the hub may have taken it already. */
async function ownSecret(path: string): Promise<string> {
  const known = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  const secret = newSecret();
  await writeWhole(path, `${secret}\n`);
  return secret;
}

async function readText(path: string, key: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`${key}: ${path} cannot be read (${error.code})`);
  });
  return text.trim();
}

interface Question {
  url: string;
  code: string;
  secret: string;
  ca: string | undefined;
}

/** A hub that does not answer, or not now, is asked again; each new reason is said once. */
async function askUntilAnswered(question: Question, tools: ClaimTools): Promise<z.infer<typeof answerSchema>> {
  const backoff = new Backoff({ ...BACKOFF, random: tools.random });
  for (let said = ''; ; ) {
    const outcome = await ask(question);
    if ('answer' in outcome) return outcome.answer;
    if (outcome.problem !== said) tools.say(`${outcome.problem}; trying again until it does`);
    said = outcome.problem;
    await sleep(tools.clock, Math.max(backoff.nextMs(), outcome.waitMs));
  }
}

async function ask(
  question: Question,
): Promise<{ answer: z.infer<typeof answerSchema> } | { problem: string; waitMs: number }> {
  const { url, code, secret, ca } = question;
  const reply = await post(new URL('/api/claims/redeem', url), { code, secret }, ca).catch((error: Error) => error);
  if (reply instanceof Error) {
    const reason = (reply as NodeJS.ErrnoException).code ?? reply.message;
    if (isDistrust(reason))
      throw new StartError(
        `claim.url: the certificate of ${url} is not trusted (${reason}): set claim.caFile to its authority`,
      );
    return { problem: `the hub at ${url} does not answer (${reason})`, waitMs: 0 };
  }
  if (reply.status === 200) {
    const answer = answerSchema.safeParse(parseJson(reply.body));
    if (answer.success) return { answer: answer.data };
    throw new StartError(
      `claim: the code is for devices, or ${url} is no hub: have a code for a gateway made on the console`,
    );
  }
  const message = messageOf(reply.body) ?? `it answered ${reply.status}`;
  if (reply.status === 429 || reply.status >= 500)
    return {
      problem: `the hub at ${url} cannot take the claim now (${message})`,
      waitMs: 1_000 * reply.retryAfterSeconds,
    };
  throw new StartError(`claim: the hub at ${url} refuses: ${message}`);
}

/** What OpenSSL says of a chain that ends nowhere, and Node of a name that does not fit. */
function isDistrust(reason: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ALTNAME/.test(reason);
}

function post(
  url: URL,
  body: unknown,
  ca: string | undefined,
): Promise<{ status: number; body: string; retryAfterSeconds: number }> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > ANSWER_BYTES_MAX) response.destroy(new Error('the answer is too long'));
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            retryAfterSeconds: Number(response.headers['retry-after']) || 0,
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

function messageOf(text: string): string | undefined {
  const parsed = z.object({ error: z.object({ message: z.string().max(500) }) }).safeParse(parseJson(text));
  return parsed.success ? parsed.data.error.message.replace(/\p{C}/gu, ' ') : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
