/**
 * Channels: a notifier with its configuration, which is sealed in the records (hub/vault.ts). The
 * console is always there and needs none.
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { invariant } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { Records } from '../stores/records/records.ts';
import { isSealed, openVault, type Vault } from '../vault.ts';
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
  /** Its configuration was sealed with a key that is not there. */
  unreadable?: boolean;
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
  /** Opens the vault, and seals what was stored before there was one. */
  start(): Promise<void>;
  /** `trx`: the transaction of a caller who has one; asking beside it would wait for it for ever. */
  get(id: string, trx?: Kysely<NotifyTables>): Promise<Channel | undefined>;
  list(): Promise<Channel[]>;
  add(fields: ChannelFields, username: string): Promise<Channel>;
  change(id: string, fields: ChannelFields): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createChannels(parts: {
  records: Records;
  clock: Clock;
  log: Logger;
  newId: NewId;
  keyFile: string;
}): Channels {
  const { records, clock, newId } = parts;
  const log = parts.log.child({ component: 'channels' });
  const db = records.db.withTables<NotifyTables>() as unknown as Kysely<NotifyTables>;
  let vault: Vault | undefined;

  return {
    async start() {
      vault = await openVault(parts.keyFile);
      await sealWhatIsOpen(vault);
    },
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
      const row = { ...channel, config: sealed(channel.id, channel.config), enabled: flag(channel.enabled) };
      await db.insertInto('channels').values(row).execute();
      return channel;
    },
    async change(id, fields) {
      const { notifier, name, communityId, language, config, enabled } = fields;
      await db
        .updateTable('channels')
        .set({ notifier, name, communityId, language, config: sealed(id, config), enabled: flag(enabled) })
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await db.deleteFrom('subscriptions').where('channelId', '=', id).execute();
      await db.deleteFrom('channels').where('id', '=', id).execute();
    },
  };

  function sealed(id: string, config: Record<string, unknown>): string {
    invariant(vault, 'channels are started before they are asked');
    return vault.seal(JSON.stringify(config), id);
  }

  /** A channel whose configuration cannot be opened stays in the list: it is told of, not forgotten. */
  function channelOf(row: NotifyTables['channels']): Channel {
    const text = vault?.open(row.config, row.id);
    const enabled = row.enabled === 1;
    if (text !== undefined) return { ...row, config: JSON.parse(text) as Record<string, unknown>, enabled };
    log.error(
      { channelId: row.id, keyFile: parts.keyFile },
      'the secrets of a channel cannot be opened: put its key file back from a backup, or enter them again',
    );
    return { ...row, config: {}, enabled, unreadable: true };
  }

  async function sealWhatIsOpen(key: Vault): Promise<void> {
    const rows = await db.selectFrom('channels').select(['id', 'config']).execute();
    const open = rows.filter(({ config }) => !isSealed(config));
    if (open.length === 0) return;
    for (const { id, config } of open)
      await db
        .updateTable('channels')
        .set({ config: key.seal(config, id) })
        .where('id', '=', id)
        .execute();
    // What the rows said before lies in free pages until they are written over.
    await records.scrub('channels');
    log.info({ count: open.length }, 'channels stored in clear are sealed now');
  }
}

function flag(is: boolean): 0 | 1 {
  return is ? 1 : 0;
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
