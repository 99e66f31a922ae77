/**
 * What JSON may hold that comes from outside and is kept as it is: nested no deeper than it can be
 * written out again, and no text that a database refuses. Schemas check shapes; where a schema leaves
 * the shape open, this is what remains to be checked.
 */
import { z } from 'zod';
import { LIMITS } from './limits.ts';

export interface JsonFault {
  /** JSON Pointer: `/args/level`. */
  path: string;
  message: string;
}

/** The first fault in this value, and where; undefined when there is none. Never throws, however deep it is. */
export function jsonFault(value: unknown, path = '', depth = 0): JsonFault | undefined {
  if (typeof value === 'string') return textFault(value, path);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= LIMITS.jsonDepthMax) return { path, message: `is nested deeper than ${LIMITS.jsonDepthMax} levels` };
  for (const key of Object.keys(value)) {
    const at = `${path}/${key}`;
    const fault = textFault(key, path) ?? jsonFault((value as Record<string, unknown>)[key], at, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

function textFault(text: string, path: string): JsonFault | undefined {
  if (text.includes('\0')) return { path, message: 'holds the character U+0000' };
  return text.isWellFormed() ? undefined : { path, message: 'holds half a character' };
}

/** Anything that JSON can say within those bounds. */
export const plainJsonSchema = z.unknown().superRefine((value, context) => {
  const fault = jsonFault(value);
  if (fault) context.addIssue({ code: 'custom', message: `${fault.path} ${fault.message}`.trim() });
});
