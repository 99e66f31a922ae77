/**
 * Builds the console (hub/console → hub/console/dist) when its sources are not the ones that were
 * built last, told by a hash of their content. Two starts at once are safe: each builds into a
 * folder of its own and the finished folder is put in place in one step. Runs alone too:
 * `node tools/build-console.ts`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { StartError } from '../core/errors.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'hub', 'console', 'dist');
const stamp = join(dist, '.built-from');
/** What the built pages depend on: their own sources, the vocabulary, the versions of everything. */
const SOURCES = ['hub/console', 'core', 'devices', 'package-lock.json'];
const SKIP = new Set(['dist', 'node_modules']);

/** Whether there are built pages, of whatever age. */
export function hasConsole(): boolean {
  return existsSync(join(dist, 'index.html'));
}

/** Resolves with whether it had to build. Throws StartError with the builder's words when it fails. */
export async function buildConsole(): Promise<boolean> {
  const wanted = await hashSources();
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return false;
  const draft = join(root, 'node_modules', '.cache', `linli-console-${process.pid}`);
  await mkdir(draft, { recursive: true });
  try {
    await runVite(draft);
    await writeFile(join(draft, '.built-from'), wanted);
    await rm(dist, { recursive: true, force: true });
    await rename(draft, dist);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return true;
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await Promise.all(SOURCES.map((source) => filesBelow(join(root, source))))).flat().sort();
  for (const file of files) hash.update(`${relative(root, file)}\0`).update(await readFile(file));
  return hash.digest('hex');
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!entries) return [path];
  const nested = entries
    .filter((entry) => !SKIP.has(entry.name))
    .map((entry) => (entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)]));
  return (await Promise.all(nested)).flat();
}

function runVite(outDir: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const args = [
      vite,
      'build',
      join(root, 'hub', 'console'),
      '--outDir',
      outDir,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ];
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(0, 20_000);
      });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new StartError(`the console does not build (vite ended with ${code}): ${firstError(output)}`, {
            cause: output,
          }),
        );
    });
  });
}

function firstError(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => /error|could not|unresolved/i.test(line)) ?? lines.find(Boolean) ?? 'it said nothing';
}

if (import.meta.main) {
  const built = await buildConsole();
  process.stdout.write(built ? 'console built\n' : 'console is up to date\n');
}
