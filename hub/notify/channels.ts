/** Channels: a notifier with its configuration. The console is always there and needs none. */
import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import type { NewId } from '../../core/ids.ts';
import type { Records } from '../stores/records/records.ts';
import type { Notifier } from './notifier.ts';
import type { NotifyTables } from './tables.ts';

export interface Channel {
  id: string;
  notifier: string;
  name: string;
  communityId: string | null;
  language: 'zh' | 'en';
  config: Record<string, unknown>;
  enabled: boolean;
  createdAt: number;
  createdBy: string;
}

type ChannelFields = Pick<Channel, 'notifier' | 'name' | 'communityId' | 'language' | 'config' | 'enabled'>;

export const CONSOLE_CHANNEL: Channel = {
  id: 'console',
  notifier: 'console',
  name: '值班台',
  communityId: null,
  language: 'zh',
  config: {},
  enabled: true,
  createdAt: 0,
  createdBy: 'hub',
};

export interface Channels {
  /** `trx`: the transaction of a caller who has one; asking beside it would wait for it for ever. */
  get(id: string, trx?: Kysely<NotifyTables>): Promise<Channel | undefined>;
  list(): Promise<Channel[]>;
  add(fields: ChannelFields, username: string): Promise<Channel>;
  change(id: string, fields: ChannelFields): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createChannels(parts: { records: Records; clock: Clock; newId: NewId }): Channels {
  const { clock, newId } = parts;
  const db = parts.records.db.withTables<NotifyTables>() as unknown as Kysely<NotifyTables>;
  return {
    async get(id, trx = db) {
      if (id === CONSOLE_CHANNEL.id) return CONSOLE_CHANNEL;
      const row = await trx.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirst();
      return row && channelOf(row);
    },
    async list() {
      const rows = await db.selectFrom('channels').selectAll().orderBy('createdAt').orderBy('id').execute();
      return [CONSOLE_CHANNEL, ...rows.map(channelOf)];
    },
    async add(fields, username) {
      const channel: Channel = { id: newId(), ...fields, createdAt: clock.now(), createdBy: username };
      await db.insertInto('channels').values(rowOf(channel)).execute();
      return channel;
    },
    async change(id, fields) {
      const { notifier, name, communityId, language, config, enabled } = fields;
      await db
        .updateTable('channels')
        .set({ notifier, name, communityId, language, config: JSON.stringify(config), enabled: enabled ? 1 : 0 })
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await db.deleteFrom('subscriptions').where('channelId', '=', id).execute();
      await db.deleteFrom('channels').where('id', '=', id).execute();
    },
  };
}

function channelOf(row: NotifyTables['channels']): Channel {
  return { ...row, config: JSON.parse(row.config) as Record<string, unknown>, enabled: row.enabled === 1 };
}

function rowOf(channel: Channel): NotifyTables['channels'] {
  return { ...channel, config: JSON.stringify(channel.config), enabled: channel.enabled ? 1 : 0 };
}

const HIDDEN = '••••••';

/** A configuration as it may be shown: secrets become dots; an address keeps its host so that one can tell channels apart. */
export function showConfig(notifier: Notifier | undefined, config: Record<string, unknown>): Record<string, unknown> {
  const secrets = new Set(notifier?.secrets ?? Object.keys(config));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, secrets.has(key) ? HIDDEN : value]));
}

/** What a form sends back: dots mean that the secret stays as it is. */
export function mergeConfig(sent: Record<string, unknown>, stored: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, value === HIDDEN ? stored[key] : value]));
}
