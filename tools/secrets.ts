/**
 * `npm run secrets`: writes the secret files that docker-compose.yml names, mode 0600, and keeps
 * those that exist. Only the gateway's secret is not made here: the hub gives it when the gateway
 * is enrolled, so its file starts empty.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const GENERATED = ['postgres-password', 'influx-password', 'influx-token', 'grafana-password'];
const folder = 'secrets';

mkdirSync(folder, { recursive: true, mode: 0o700 });
for (const name of GENERATED) write(name, randomBytes(24).toString('base64url'));
write('gateway-secret', '');

function write(name: string, content: string): void {
  const file = join(folder, name);
  if (existsSync(file)) return;
  writeFileSync(file, content, { mode: 0o600 });
  process.stdout.write(`wrote ${file}\n`);
}
