/**
 * Programs that tests use beside Node.js: real databases, a real browser, a clock that is wrong, from
 * Debian's packages. `npm test` installs what is missing where it may (root, apt-get present), so a
 * test finds its program here and nowhere else: what is not in this list is not on a fresh machine.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

/** Key: the name a test asks for. Paths may have `*`; the last that exists counts. */
const PROGRAMS = {
  chromium: {
    package: 'chromium',
    paths: [
      '/usr/bin/google-chrome',
      '/usr/bin/chromium-browser',
      '/usr/bin/chromium',
      process.env.LINLI_CHROMIUM ?? '',
    ],
  },
  'cjk-fonts': { package: 'fonts-noto-cjk', paths: ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'] },
  postgres: { package: 'postgresql', paths: ['/usr/lib/postgresql/*/bin/postgres'] },
  'victoria-metrics': { package: 'victoria-metrics', paths: ['/usr/bin/victoria-metrics'] },
  influxd: { package: 'influxdb', paths: ['/usr/bin/influxd'] },
  'docker-compose': { package: 'docker-compose', paths: ['/usr/bin/docker-compose'] },
  openssl: { package: 'openssl', paths: ['/usr/bin/openssl'] },
  faketime: { package: 'faketime', paths: ['/usr/lib/*/faketime/libfaketime.so.1'] },
  'mkfs.ext4': { package: 'e2fsprogs', paths: ['/usr/sbin/mkfs.ext4'] },
  ffmpeg: { package: 'ffmpeg', paths: ['/usr/bin/ffmpeg'] },
} as const;

export type Program = keyof typeof PROGRAMS;

/** The path of a program, or undefined when this machine lacks it. */
export function findProgram(name: Program): string | undefined {
  return PROGRAMS[name].paths.flatMap((path) => globSync(path)).at(-1);
}

/**
 * The path of a program for a test: undefined means that the test must be skipped, with a line
 * that names the program. With CI=true a missing program is a failure, never a silent skip.
 */
export function programOrSkip(name: Program): string | undefined {
  const path = findProgram(name);
  if (path) return path;
  const message = `${name} is not installed (Debian package ${PROGRAMS[name].package})`;
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${message}\n`);
  return undefined;
}

/** Installs every missing program where that is possible; prints what it did. */
export function installPrograms(): void {
  const missing = (Object.keys(PROGRAMS) as Program[]).filter((name) => !findProgram(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`Linli: not here and not installable: ${missing.join(', ')}; their tests will be skipped\n`);
    return;
  }
  const packages = missing.map((name) => PROGRAMS[name].package);
  process.stderr.write(`Linli: installing ${packages.join(' ')} for the tests …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
}
