import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder, startInProcess } from './support/gateway.ts';

it('a panel that others can reach needs a password, and asks for it', async () => {
  const open = makeFolder({ panel: { host: '0.0.0.0', port: 0 } });
  await expect(startInProcess(open)).rejects.toThrow(/^panel\.passwordFile: a panel on 0\.0\.0\.0 needs/);
  open.remove();

  const folder = makeFolder({ panel: { host: '0.0.0.0', port: 0, passwordFile: 'panel-password' } });
  writeFileSync(join(folder.folder, 'panel-password'), 'open sesame\n');
  const gateway = await startInProcess(folder);
  const status = async (path: string, password?: string) => {
    const headers = password ? { authorization: `Basic ${Buffer.from(`guard:${password}`).toString('base64')}` } : {};
    return (await fetch(`${gateway.panelUrl}${path}`, { headers })).status;
  };
  expect(await status('/api/alarms')).toBe(401);
  expect(await status('/api/alarms', 'wrong')).toBe(401);
  expect(await status('/metrics')).toBe(401);
  expect(await status('/api/alarms', 'open sesame')).toBe(200);
  expect(await status('/healthz')).toBe(200);
  expect(await status('/', 'open sesame')).toBe(200);
  await gateway.stop();
  folder.remove();
}, 120_000);
