/** One way to call the hub: JSON in, JSON out, errors as ApiError with the hub's own code. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly retryAfterSeconds: number;

  constructor(options: { status: number; code: string; message: string; details?: unknown; retryAfter?: number }) {
    super(options.message);
    this.name = 'ApiError';
    this.status = options.status;
    this.code = options.code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfter ?? 0;
  }
}

const TIMEOUT_MS = 20_000;

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return call<T>(path + search(query), { method: 'GET', ...(signal ? { signal } : {}) });
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return call<T>(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
}

/** A call that may take longer than a page should wait. */
export async function postSlowly<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return call<T>(path, { method: 'POST', body: JSON.stringify(body), headers }, 90_000);
}

export async function postForm<T>(path: string, form: FormData): Promise<T> {
  // Pictures over a phone's uplink take their time.
  return call<T>(path, { method: 'POST', body: form }, 120_000);
}

export async function remove<T>(path: string): Promise<T> {
  return call<T>(path, { method: 'DELETE' });
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** Empty values are left out; a list becomes one comma-separated value. */
function search(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    const shown = Array.isArray(value) ? value.join(',') : String(value);
    if (shown !== '') parameters.set(key, shown);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

async function call<T>(path: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal, credentials: 'same-origin' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError({ status: 0, code: 'network', message: cause instanceof Error ? cause.message : 'network' });
  }
  if (response.status === 204) return undefined as T;
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const error = (body as { error?: { code?: string; message?: string; details?: unknown } } | null)?.error;
  throw new ApiError({
    status: response.status,
    code: error?.code ?? 'internal',
    message: error?.message ?? response.statusText,
    details: error?.details,
    retryAfter: Number(response.headers.get('retry-after') ?? 0),
  });
}
