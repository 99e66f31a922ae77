/**
 * A small disk that breaks on request: ext4 in a file, mounted through a loop device with
 * `errors=remount-ro` as Debian and Ubuntu install it. Needs root and a kernel that allows both.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const DISK_MEGABYTE = 160;
/**
 * As on every disk that is large enough for us; mkfs takes 1 KiB for one so small. A page of a mapped file is then four
 * blocks, and SQLite, which sees to one of them, is ended with SIGBUS when a full disk has none for the others.
 */
const BLOCK_BYTES = 4096;

export interface Disk {
  folder: string;
  /** To the last byte, or but for some room. */
  fill(options?: { butMegabyte: number }): void;
  makeRoom(): void;
  /** The kernel finds an error in the file system: from now on every write fails with EROFS, through open files too. */
  turnReadOnly(): void;
  /** What mends it: nobody may use it, then fsck, then a new mount. A kernel since 6.14 takes nothing less. */
  repair(): void;
  unmount(): void;
}

/** Undefined where it cannot be had. */
export function mountDisk(): Disk | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const place = mkdtempSync(join(tmpdir(), 'linli-disk-'));
  const image = join(place, 'image');
  const folder = join(place, 'disk');
  const ballast = join(folder, 'ballast');
  let device = '';
  const mount = () => {
    run('mount', '-o', 'loop,errors=remount-ro', image, folder);
    device = basename(run('findmnt', '--noheadings', '--output', 'SOURCE', folder).trim());
  };
  try {
    mkdirSync(folder);
    run('truncate', '--size', `${DISK_MEGABYTE}M`, image);
    run('mkfs.ext4', '-q', '-m', '0', '-b', String(BLOCK_BYTES), image);
    mount();
  } catch {
    spawnSync('umount', [folder]);
    rmSync(place, { recursive: true, force: true });
    return undefined;
  }
  return {
    folder,
    fill({ butMegabyte } = { butMegabyte: 0 }) {
      // The last size once more: room that was set aside for what is not flushed yet may be left over by then.
      for (const size of [4 << 20, 64 << 10, BLOCK_BYTES, BLOCK_BYTES]) {
        const block = Buffer.alloc(size, 0x5a);
        try {
          for (let written = 0; written < DISK_MEGABYTE << 20; written += size) appendFileSync(ballast, block);
        } catch {
          // Full at this block size: the next smaller one fills the rest.
        }
        spawnSync('sync', ['--file-system', folder]);
      }
      truncateSync(ballast, statSync(ballast).size - (butMegabyte << 20));
    },
    makeRoom: () => rmSync(ballast, { force: true }),
    turnReadOnly: () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test'),
    repair() {
      run('umount', folder);
      // 1: it had errors, and they are mended.
      const { status, stderr } = spawnSync('e2fsck', ['-fy', image], { encoding: 'utf8' });
      if (status !== 0 && status !== 1) throw new Error(`e2fsck ended with ${status}: ${stderr}`);
      mount();
    },
    unmount() {
      spawnSync('umount', [folder]);
      rmSync(place, { recursive: true, force: true });
    },
  };
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
