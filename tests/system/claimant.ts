/** The file of a gateway that has a claim code and nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** @param own Its folder, which is made. Returns the path of the file. */
export function writeClaimantConfig(own: string, claim: Record<string, unknown>): string {
  mkdirSync(own, { recursive: true });
  const path = join(own, 'config.yaml');
  const config = {
    claim,
    dataDir: 'data',
    devices: { host: '127.0.0.1', port: 0 },
    panel: { port: 0 },
    vision: { enabled: false },
    log: { level: 'silent' },
  };
  writeFileSync(path, stringify(config));
  return path;
}
