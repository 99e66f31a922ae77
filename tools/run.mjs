/**
 * Every npm script comes through here: `node tools/run.mjs FILE [arguments]`. It runs on any
 * Node.js ≥ 20, installs what is missing, then runs FILE on the Node 24 that npm brought.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const node = join(bin, 'node');
const stamp = join(root, 'node_modules', '.linli-installed');

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node.js ${process.versions.node} is too old: install 20 or newer`);
install();
const [file, ...rest] = process.argv.slice(2);
if (file) run(file, rest);

/** Installs when the lock file is not the one that was installed last; says so, since it takes a minute. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === wanted) return;
  // Not `npm ci`: it deletes node_modules first, so that each changed line of the lock file would cost a
  // whole install. `--no-save` keeps to the lock file and leaves it as it is.
  process.stderr.write('Linli: installing dependencies, about a minute …\n');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const done = spawnSync(
    command,
    [...args, 'install', '--no-save', '--ignore-scripts', '--include=dev', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (done.status !== 0)
    fail(`npm install failed (status ${done.status}): see the lines above; is the package registry reachable?`);
  if (!existsSync(node))
    fail(
      `no Node 24 package exists for ${process.platform}-${process.arch}: install Node.js 24 and link it as ${node}`,
    );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs FILE with our streams; a signal that only reaches us is handed on, so that it can stop cleanly. */
function run(target, args) {
  // Stripped types and compiled code are kept between runs: half the start, less memory.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node');
  const launch = JSON.parse(readFileSync(join(root, 'tools', 'launch.json'), 'utf8'))[target] ?? { flags: [], env: {} };
  const env = { ...launch.env, ...process.env, NODE_COMPILE_CACHE: cache, PATH: `${bin}:${process.env.PATH}` };
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...launch.flags, target, ...args], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm and the shell between us may be killed without handing the signal on: an orphan stops too.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 500);
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

function fail(message) {
  process.stderr.write(`Linli: ${message}\n`);
  process.exit(1);
}
