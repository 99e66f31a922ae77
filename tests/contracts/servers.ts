/**
 * Real database servers of Debian's packages for the contract suites, each on a free port in a
 * folder of its own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** @param program The path of `postgres`; its folder has the other programs of that version. */
export async function startPostgres(program: string): Promise<Server> {
  const bin = dirname(program);
  const folder = mkdtempSync(join(tmpdir(), 'linli-postgres-'));
  const port = await freePort();
  // PostgreSQL refuses to run as root; the package has made the user postgres.
  const isRoot = process.getuid?.() === 0;
  const run = (command: string, args: string[]): [string, string[]] =>
    isRoot
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args]]
      : [command, args];
  if (isRoot) {
    execFileSync('chown', ['postgres', folder]);
    chmodSync(folder, 0o700);
  }
  const data = join(folder, 'data');
  execFileSync(
    ...run(join(bin, 'initdb'), ['-D', data, '-U', 'linli', '--auth=trust', '-N', '--encoding=UTF8', '--locale=C']),
    {
      stdio: 'ignore',
    },
  );
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder];
  const child = spawn(...run(program, args), { stdio: 'ignore' });
  const isReady = () => {
    try {
      execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'linli'], {
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    }
  };
  await until('PostgreSQL', child, async () => isReady());
  return { url: `postgres://linli@127.0.0.1:${port}/postgres`, stop: () => end(child, folder) };
}

export async function startVictoria(program: string): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-victoria-'));
  const port = await freePort();
  const args = [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=100y',
    '-dedup.minScrapeInterval=1ms',
    '-loggerLevel=ERROR',
  ];
  const child = spawn(program, args, { stdio: 'ignore' });
  await until('VictoriaMetrics', child, async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok);
  return { url: `influx+http://127.0.0.1:${port}`, stop: () => end(child, folder) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function until(name: string, child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    if (await isReady().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not come up`);
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null) {
    child.kill('SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
