/** The hub as a program: its first start, its failures in one line, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../hub/config.ts';

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function run(env: Record<string, string>, dataDir = mkdtempSync(join(tmpdir(), 'linli-main-'))) {
  folders.push(dataDir);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'hub/main.ts'], {
    env: { PATH: process.env.PATH, LINLI_DATA_DIR: dataDir, LINLI_HUB_PORT: '0', LINLI_UPLINK_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      out[name] += chunk.toString();
    });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, out, exit, dataDir };
}

describe('the hub program', { timeout: 90_000 }, () => {
  it('says in one line where it listens, keeps the first login to its owner, and ends on SIGTERM', async () => {
    const { child, out, exit, dataDir } = run({});
    await expect.poll(() => out.stdout, { timeout: 60_000 }).toMatch(/Linli hub: http:\/\/127\.0\.0\.1:\d+/);
    const file = join(dataDir, 'hub', 'first-login.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ username: 'admin', password: expect.any(String) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(out.stdout).toContain(file);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('whose port is taken names the port and the variable that moves it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    for (const variable of ['LINLI_HUB_PORT', 'LINLI_UPLINK_PORT']) {
      const { out, exit } = run({ [variable]: String(port) });
      expect(await exit).toBe(1);
      const lines = out.stderr.split('\n').filter((line) => line.startsWith('Linli hub:'));
      expect(lines).toEqual([`Linli hub: port ${port} on 127.0.0.1 is taken: set ${variable} to a free one`]);
    }
    other.close();
  });

  it('that cannot reach its records says so in one line', async () => {
    const { out, exit } = run({ LINLI_RECORDS_URL: 'postgres://nobody@127.0.0.1:9/none' });
    expect(await exit).toBe(1);
    const said = out.stderr.trim().split('\n');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('check LINLI_RECORDS_URL');
  });
});

describe('the settings', () => {
  it.for([
    [{ LINLI_HUB_PROT: '8080' }, 'LINLI_HUB_PROT is not a setting of Linli'],
    [{ LINLI_HUB_PORT: 'eighty' }, 'LINLI_HUB_PORT'],
    [{ LINLI_RECORDS_URL: 'mysql://x' }, 'LINLI_RECORDS_URL'],
    [{ LINLI_SERIES_URL: 'http://x' }, 'LINLI_SERIES_URL'],
    [{ LINLI_HUB_TLS_CERT: '/no/such.pem' }, 'LINLI_HUB_TLS_CERT and LINLI_HUB_TLS_KEY belong together'],
    [{ LINLI_SERIES_TOKEN_FILE: '/no/such' }, 'LINLI_SERIES_TOKEN_FILE: /no/such cannot be read'],
  ] as [Record<string, string>, string][])('at fault, as in %j, are named', ([env, line]) => {
    expect(() => readConfig(env)).toThrow(line);
  });
});
