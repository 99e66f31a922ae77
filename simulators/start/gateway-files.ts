/** The folder of one gateway as an operator would lay it out: its YAML file and its secret. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Demo } from '../demo-file.ts';
import type { Settings } from './settings.ts';

/** Writes the folder of the gateway with this place in the world; answers the path of its YAML file. */
export async function writeGatewayFiles(
  gateway: Demo['gateways'][number],
  index: number,
  settings: Settings,
): Promise<string> {
  const folder = join(settings.dataDir, 'gateways', gateway.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const config = {
    gateway: { id: gateway.id, communityId: gateway.communityId },
    dataDir: '.',
    devices: { host: '127.0.0.1', port: settings.devicePortBase + index },
    hub: { url: `mqtt://127.0.0.1:${settings.uplinkPort}`, secretFile: 'secret' },
    opcua: { enabled: true, host: '127.0.0.1', port: settings.opcuaPortBase + index },
    panel: { host: '127.0.0.1', port: settings.panelPortBase + index },
  };
  await writeFile(join(folder, 'secret'), `${gateway.secret}\n`, { mode: 0o600 });
  const file = join(folder, 'config.yaml');
  await writeFile(file, `# Written by npm start at every start.\n${stringify(config)}`);
  return file;
}
