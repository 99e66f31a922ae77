/** A real gateway process on a folder of its own, with so many devices of one secret. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hashSecret } from '../../../core/secret.ts';
import { type Part, ROOT, startNode } from './processes.ts';

export const BENCH_SECRET = 'bench-secret';

export interface BenchGateway extends Part {
  folder: string;
  /** Stops the process and removes its folder. */
  remove(): Promise<void>;
}

export async function prepareGateway(options: {
  devices: number;
  kind: string;
  devicePrefix: string;
  hubPort?: number;
  settings?: Record<string, unknown>;
}): Promise<string> {
  const folder = mkdtempSync(join(ROOT, '.cache', 'bench-gateway-'));
  const hash = await hashSecret(BENCH_SECRET);
  const registry = Array.from({ length: options.devices }, (_, index) => ({
    id: `${options.devicePrefix}${index}`,
    kind: options.kind,
    communityId: 'bench',
    gatewayId: 'bench-gateway',
    name: `${options.kind} ${index}`,
    location: { building: String(1 + (index % 9)), floor: 1 + (index % 20) },
    secretHashes: [hash],
  }));
  writeFileSync(join(folder, 'registry.json'), JSON.stringify(registry));
  writeFileSync(join(folder, 'secret'), 'bench');
  const config = {
    gateway: { id: 'bench-gateway', communityId: 'bench' },
    dataDir: '.',
    devices: { host: '127.0.0.1', port: 0, limits: { messagesPerSecondMax: 100_000, messagesBurstMax: 100_000 } },
    panel: { port: 0 },
    vision: { enabled: false },
    log: { level: 'warn' },
    registryFile: 'registry.json',
    ...(options.hubPort ? { hub: { url: `mqtt://127.0.0.1:${options.hubPort}`, secretFile: 'secret' } } : {}),
    ...options.settings,
  };
  writeFileSync(join(folder, 'config.yaml'), stringify(config));
  return folder;
}

export async function startGateway(folder: string): Promise<BenchGateway> {
  const up = /devices mqtt:\/\/127\.0\.0\.1:(\d+)/;
  const part = await startNode('edge/main.ts', ['--config', join(folder, 'config.yaml')], up);
  return {
    ...part,
    folder,
    async remove() {
      await part.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
