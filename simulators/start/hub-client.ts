/** The hub's HTTP API as an admin uses it: log in once, then calls that answer JSON or throw what the hub said. */
import { type Clock, sleep } from '../../core/clock.ts';
import { StartError } from '../../core/errors.ts';

export interface HubClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
}

const CALL_MS_MAX = 20_000;

/** Throws StartError when the hub refuses the login. */
export async function logIn(
  url: string,
  { username, password }: { username: string; password: string },
): Promise<HubClient> {
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
    signal: AbortSignal.timeout(CALL_MS_MAX),
  });
  const cookie = answer.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  if (answer.status === 401)
    throw new StartError(
      `the hub does not know the ${username} of demo.json: the data folder holds parts of two worlds; remove it to start afresh`,
    );
  if (!answer.ok) throw new StartError(`the hub refused the login (${answer.status}): ${await answer.text()}`);
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS_MAX),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return (text ? JSON.parse(text) : undefined) as T;
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
  };
}

/** Resolves once `look` is true, asked four times a second. Throws StartError that names `what` after `withinMs`. */
export async function waitFor(
  look: () => Promise<boolean>,
  options: { clock: Clock; what: string; withinMs: number; signal: AbortSignal },
): Promise<void> {
  const { clock, what, withinMs, signal } = options;
  const deadline = clock.monotonic() + withinMs;
  while (!signal.aborted) {
    // A refused connection only means that it is not there yet.
    if (await look().catch(() => false)) return;
    if (clock.monotonic() > deadline) throw new StartError(`waited ${withinMs / 1000} s in vain for ${what}`);
    await sleep(clock, 250, signal);
  }
}

/** Whether a GET answers 2xx. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
