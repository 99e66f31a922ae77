import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openVault } from '../../../hub/vault.ts';
import { type HubWorld, startHubWorld } from '../work/hub-world.ts';
import { startHttpReceiver } from './servers.ts';

const SECRET = 'a-signing-key-nobody-may-read';

describe('the vault', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linli-vault-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('opens what it sealed, with its key, for its owner, unchanged', async () => {
    const vault = await openVault(join(folder, 'a.key'));
    const sealed = vault.seal(SECRET, 'c1');
    expect(sealed).not.toContain(SECRET);
    expect(vault.seal(SECRET, 'c1')).not.toBe(sealed);
    expect((await openVault(join(folder, 'a.key'))).open(sealed, 'c1')).toBe(SECRET);
    expect(vault.open(sealed, 'c2')).toBeUndefined();
    expect((await openVault(join(folder, 'b.key'))).open(sealed, 'c1')).toBeUndefined();
    for (let at = 10; at < sealed.length; at += 7) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      expect(vault.open(changed, 'c1'), `changed at ${at}`).toBeUndefined();
    }
    for (const none of ['', 'sealed-1:', 'sealed-1:AAAA', SECRET]) expect(vault.open(none, 'c1')).toBeUndefined();
  });

  it('keeps its key to its owner and refuses a file that is none', async () => {
    const file = join(folder, 'a.key');
    await openVault(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'not a key');
    await expect(openVault(file)).rejects.toThrow(/holds no key/);
  });
});

describe('channels', () => {
  let world: HubWorld;
  let url: string;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    world = await startHubWorld();
    ({ url, stop } = await startHttpReceiver());
  });
  afterEach(async () => {
    await world.stop();
    await stop();
  });

  const add = async () => {
    const config = { url, secret: SECRET };
    const made = await world.as('root').post('/api/channels', { notifier: 'webhook', name: 'w', config });
    expect(made.status).toBe(201);
    return made.body.id as string;
  };
  /** The bytes of every file of the records, free pages and write-ahead log included. */
  const onDisk = () => {
    const { hubDir } = world.hub.services.config;
    return readdirSync(hubDir)
      .filter((name) => name.startsWith('records.sqlite'))
      .map((name) => readFileSync(join(hubDir, name)).toString('latin1'))
      .join('');
  };
  const test = async (id: string) => (await world.as('root').post(`/api/channels/${id}/test`)).body;

  it('are sealed on the disk, never answered, and still work after a restart', async () => {
    const id = await add();
    expect(onDisk()).not.toContain(SECRET);
    expect(JSON.stringify((await world.as('root').get('/api/channels')).body)).not.toContain(SECRET);
    await world.restart();
    expect(await test(id)).toEqual({ outcome: 'delivered' });
  });

  it('that an earlier version stored in clear are sealed at the next start, with nothing left behind', async () => {
    const id = await add();
    const { db } = world.hub.services.records;
    const clear = JSON.stringify({ url, secret: SECRET });
    await db
      .updateTable('channels' as never)
      .set({ config: clear } as never)
      .where('id' as never, '=', id as never)
      .execute();
    expect(onDisk()).toContain(SECRET);
    await world.restart();
    expect(onDisk()).not.toContain(SECRET);
    expect(await test(id)).toEqual({ outcome: 'delivered' });
  });

  it('whose key is lost are told of, send nothing, and take their secrets anew', async () => {
    const id = await add();
    const keyFile = join(world.hub.services.config.hubDir, 'channels.key');
    rmSync(keyFile);
    await world.restart();
    const shown = (await world.as('root').get('/api/channels')).body.items.find((one: { id: string }) => one.id === id);
    expect(shown).toMatchObject({ unreadable: true, config: {} });
    expect(await test(id)).toMatchObject({ outcome: 'rejected' });
    const config = { url, secret: SECRET };
    const changed = await world.as('root').put(`/api/channels/${id}`, { notifier: 'webhook', name: 'w', config });
    expect(changed.status).toBe(200);
    expect(await test(id)).toEqual({ outcome: 'delivered' });
  });
});
