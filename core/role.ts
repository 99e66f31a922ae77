import { z } from 'zod';

/** Roles of people on the hub; a resident needs no account. */
export const ROLES = ['guard', 'property', 'committee', 'department', 'street', 'admin'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;
