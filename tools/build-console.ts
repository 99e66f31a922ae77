/**
 * Builds the web console when it is stale. Stale is told by content, not by time: a hash over
 * hub/console, core and the lock file, kept beside the result. Runs alone too: `node tools/build-console.ts`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const CONSOLE = join(ROOT, 'hub', 'console');
const STAMP = join(CONSOLE, 'dist', '.built-from');

/** Returns whether a build was needed. Throws when it fails, with the bundler's own words. */
export function buildConsole(): boolean {
  const wanted = hashSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return false;
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const done = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: CONSOLE, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the console could not be built:\n${done.stdout}${done.stderr}`);
  writeFileSync(STAMP, wanted);
  return true;
}

function hashSources(): string {
  const hash = createHash('sha256');
  const files = [
    join(ROOT, 'package-lock.json'),
    ...filesOf(join(ROOT, 'core')),
    ...filesOf(CONSOLE).filter((file) => !file.startsWith(join(CONSOLE, 'dist'))),
  ];
  for (const file of files.sort()) hash.update(`${file.slice(ROOT.length)}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

if (import.meta.main) {
  const built = buildConsole();
  process.stdout.write(built ? 'console built\n' : 'console up to date\n');
}
