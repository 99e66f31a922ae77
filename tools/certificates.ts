/**
 * `npm run certificates -- NAME [HOST …] [--folder FOLDER] [--days N]`: a street without an authority
 * of its own makes one here. Writes `ca.pem` and `ca.key` once and keeps them, then `NAME.pem` and
 * `NAME.key` signed by it, for these host names and addresses. Run again before it expires. Needs the
 * program openssl. Keys are 0600; `ca.key` belongs on no server.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { numberIn, readCommand, runCommand } from '../core/command.ts';
import { StartError } from '../core/errors.ts';

const USAGE = 'npm run certificates -- NAME [HOST …] [--folder FOLDER] [--days N]';
const AUTHORITY_DAYS = 3_650;
/** What browsers and clients accept at most of a server's certificate. */
const CERTIFICATE_DAYS = 397;
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Makes `ca.pem` and `ca.key` in the folder unless they are there. */
export function makeAuthority(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, 'ca.pem')) && existsSync(join(folder, 'ca.key'))) return;
  const files = ['-keyout', 'ca.key', '-out', 'ca.pem'];
  openssl(
    folder,
    'req',
    '-x509',
    ...NEW_KEY,
    ...files,
    '-days',
    String(AUTHORITY_DAYS),
    '-subj',
    '/CN=Linli authority',
  );
  chmodSync(join(folder, 'ca.key'), 0o600);
}

/** Makes `name.pem` and `name.key`, signed by the folder's authority; the name is the certificate's subject. */
export function makeCertificate(folder: string, name: string, options: { hosts?: string[]; days?: number } = {}): void {
  const { hosts = [name], days = CERTIFICATE_DAYS } = options;
  const [request, extensions] = [`${name}.csr`, `${name}.ext`];
  openssl(folder, 'req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', request, '-subj', `/CN=${name}`);
  chmodSync(join(folder, `${name}.key`), 0o600);
  const alternatives = hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`).join(',');
  writeFileSync(join(folder, extensions), `subjectAltName=${alternatives}\nbasicConstraints=CA:FALSE\n`);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days)];
  openssl(folder, 'x509', '-req', '-in', request, '-out', `${name}.pem`, ...by, '-extfile', extensions);
  for (const file of [request, extensions]) rmSync(join(folder, file));
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

if (import.meta.main) await runCommand('certificates', main);

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const options = {
    folder: { ...text, default: 'secrets/tls' },
    days: { ...text, default: String(CERTIFICATE_DAYS) },
  };
  const { values, positionals } = readCommand({ allowPositionals: true, options }, USAGE);
  const [name, ...hosts] = positionals;
  const days = numberIn(values.days, '--days', { min: 1, max: AUTHORITY_DAYS, whole: true });
  if (!name || !NAME.test(name) || hosts.some((host) => !/^[\w.:-]{1,253}$/.test(host)))
    throw new StartError(
      'give a name of a-z 0-9 - and the host names or addresses it stands for: npm run certificates -- hub 192.0.2.10',
    );
  if (!hasOpenssl()) throw new StartError('the program openssl is not installed: apt-get install openssl');
  makeAuthority(values.folder);
  makeCertificate(values.folder, name, { days, ...(hosts.length > 0 ? { hosts } : {}) });
  const file = (one: string) => join(values.folder, one);
  process.stdout.write(`wrote ${file(`${name}.pem`)} and ${file(`${name}.key`)}, signed by ${file('ca.pem')}\n`);
}
