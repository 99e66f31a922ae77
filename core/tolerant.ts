/**
 * Reads what another release of Linli says: a gateway and its hub are rarely updated in the same hour.
 * The schemas stay strict and say what this release knows; a field that it does not know is left out
 * and counted, anything else that is wrong is refused as ever.
 */
import type { z } from 'zod';

/** Unknown fields inside of unknown fields go with them; levels of a message are fewer than this. */
const ROUNDS_MAX = 8;

export type Tolerated<T> =
  | { success: true; data: T; unknownFields: number }
  | { success: false; error: z.ZodError; unknownFields: number };

export function readTolerant<T>(schema: z.ZodType<T>, value: unknown): Tolerated<T> {
  let parsed = schema.safeParse(value);
  let unknownFields = 0;
  for (let round = 0; !parsed.success && round < ROUNDS_MAX; round += 1) {
    const unknown = parsed.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? [issue] : []));
    if (unknown.length < parsed.error.issues.length) break;
    let known = value;
    for (const { path, keys } of unknown) {
      known = without(known, path, keys);
      unknownFields += keys.length;
    }
    value = known;
    parsed = schema.safeParse(value);
  }
  return parsed.success
    ? { success: true, data: parsed.data, unknownFields }
    : { success: false, error: parsed.error, unknownFields };
}

/** A copy of `value` without these keys of the object at `path`. */
function without(value: unknown, [step, ...rest]: readonly PropertyKey[], keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one, index) => (index === step ? without(one, rest, keys) : one));
  const entries = Object.entries(value as object);
  return Object.fromEntries(
    step === undefined
      ? entries.filter(([key]) => !keys.includes(key))
      : entries.map(([key, one]) => [key, key === step ? without(one, rest, keys) : one]),
  );
}
