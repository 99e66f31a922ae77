import { z } from 'zod';
import { LIMITS } from './limits.ts';

/** A text in both languages of the interface: Chinese first, English at a switch. */
export interface Text {
  zh: string;
  en: string;
}

export const textSchema: z.ZodType<Text> = z.strictObject({
  zh: z.string().max(500),
  en: z.string().max(500),
});

/** Ids of communities, gateways, devices and rules. */
export const idSchema = z
  .string()
  .max(LIMITS.idCharactersMax)
  .regex(/^[a-z0-9-]+$/, 'an id is 1 to 64 of a-z 0-9 -');

/** Free text that a person wrote. */
export const noteSchema = z.string().trim().min(1).max(LIMITS.textCharactersMax);

/** Epoch milliseconds (UTC). */
export const instantSchema = z.number().int().nonnegative().max(8_640_000_000_000_000);
