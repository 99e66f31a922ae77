/**
 * Who is told, and where. In: an occasion and who is meant. Out: receivers, one per channel and
 * address; one held back by quiet hours stays in the list with its reason. Every person has the
 * console; what else they want they have subscribed to.
 */
import { z } from 'zod';
import type { Role } from '../../core/role.ts';
import { type Severity, severitySchema } from '../../core/rule.ts';
import { idSchema } from '../../core/text.ts';
import { type Channels, CONSOLE_CHANNEL } from '../notify/channels.ts';
import type { NotifyTables } from '../notify/tables.ts';
import { STREET_WIDE } from '../plugins/viewer.ts';
import type { EscalationTarget } from '../policies/escalation-policy.ts';
import type { Records } from '../stores/records/records.ts';

/** `called`: an escalation chain has come to me. The rest: whatever happens in my communities. */
const OCCASIONS = ['called', 'alarm', 'ended', 'ticket', 'report'] as const;
type Occasion = (typeof OCCASIONS)[number];

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time is HH:MM');

export const wishSchema = z.strictObject({
  occasions: z.array(z.enum(OCCASIONS)).min(1).max(OCCASIONS.length),
  severities: z.array(severitySchema).optional(),
  communityIds: z.array(idSchema).max(500).optional(),
  /** Not told in these hours, save for life safety. `from` after `to` runs over midnight. */
  quiet: z
    .strictObject({
      from: clockTime,
      to: clockTime,
      utcOffsetMinutes: z.number().int().min(-720).max(840).default(480),
    })
    .optional(),
});
export type Wish = z.infer<typeof wishSchema>;

export interface Happening {
  occasion: Occasion;
  communityId: string;
  /** Null for what has no severity: a work order. */
  severity: Severity | null;
  lifeSafety: boolean;
  at: number;
}

export interface Receiver {
  channelId: string;
  language: 'zh' | 'en';
  username: string | null;
  to: string | null;
  muted?: string;
}

export interface Receivers {
  /** The people of these targets; empty when nobody of them exists. Channels of the targets are returned as receivers by `called`. */
  people(targets: readonly EscalationTarget[], communityId: string): Promise<string[]>;
  called(options: {
    usernames: readonly string[];
    targets: readonly EscalationTarget[];
    happening: Happening;
  }): Promise<Receiver[]>;
  /** Who has subscribed to this occasion: people who may see the community, and channels by themselves. */
  subscribed(happening: Happening): Promise<Receiver[]>;
}

export function createReceivers(parts: { records: Records; channels: Channels }): Receivers {
  const { channels } = parts;
  const db = parts.records.db.withTables<NotifyTables>();

  return {
    async people(targets, communityId) {
      const usernames = new Set<string>();
      for (const user of await activeUsers()) {
        if (!seesCommunity(user, communityId)) continue;
        if (targets.some((target) => isMeant(target, user))) usernames.add(user.username);
      }
      return [...usernames];
    },
    async called({ usernames, targets, happening }) {
      const found: Receiver[] = usernames.map((username) => ({ ...onConsole, username, to: username }));
      for (const target of targets) {
        const channel = target.type === 'channel' ? await channels.get(target.channelId) : undefined;
        if (channel?.enabled)
          found.push({ channelId: channel.id, language: channel.language, username: null, to: null });
      }
      if (usernames.length === 0) return found;
      const rows = await db.selectFrom('subscriptions').selectAll().where('username', 'in', usernames).execute();
      return [...found, ...(await receiversOf(rows, { ...happening, occasion: 'called' }))];
    },
    async subscribed(happening) {
      const all = await db.selectFrom('subscriptions').selectAll().execute();
      if (all.length === 0) return [];
      const users = new Map((await activeUsers()).map((user) => [user.username, user]));
      const rows = all.filter(({ username }) => {
        const user = username === null ? undefined : users.get(username);
        return username === null || (user !== undefined && seesCommunity(user, happening.communityId));
      });
      return receiversOf(rows, happening);
    },
  };

  async function activeUsers() {
    return db
      .selectFrom('users')
      .select(['username', 'role', 'communityIds'])
      .where('disabledAt', 'is', null)
      .execute();
  }

  async function receiversOf(rows: NotifyTables['subscriptions'][], happening: Happening): Promise<Receiver[]> {
    const found: Receiver[] = [];
    for (const row of rows) {
      const wish = JSON.parse(row.wish) as Wish;
      if (!isWanted(wish, happening)) continue;
      const channel = await channels.get(row.channelId);
      if (!channel?.enabled) continue;
      if (channel.communityId !== null && channel.communityId !== happening.communityId) continue;
      const receiver = { channelId: channel.id, language: channel.language, username: row.username, to: row.address };
      found.push(isQuiet(wish, happening) ? { ...receiver, muted: 'quiet-hours' } : receiver);
    }
    return found;
  }
}

const onConsole = { channelId: CONSOLE_CHANNEL.id, language: CONSOLE_CHANNEL.language };

function seesCommunity(user: { role: Role; communityIds: string }, communityId: string): boolean {
  return STREET_WIDE.includes(user.role) || (JSON.parse(user.communityIds) as string[]).includes(communityId);
}

function isMeant(target: EscalationTarget, user: { username: string; role: Role }): boolean {
  if (target.type === 'role') return target.role === user.role;
  return target.type === 'person' && target.username === user.username;
}

function isWanted(wish: Wish, happening: Happening): boolean {
  return (
    wish.occasions.includes(happening.occasion) &&
    (happening.severity === null || (wish.severities?.includes(happening.severity) ?? true)) &&
    (wish.communityIds?.includes(happening.communityId) ?? true)
  );
}

/** Quiet hours never hold back what may cost a life. */
export function isQuiet(wish: Wish, happening: Pick<Happening, 'lifeSafety' | 'at'>): boolean {
  if (happening.lifeSafety || !wish.quiet) return false;
  const { from, to, utcOffsetMinutes } = wish.quiet;
  const minute = Math.floor(happening.at / 60_000 + utcOffsetMinutes) % (24 * 60);
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
