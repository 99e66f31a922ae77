/** A disk that takes nothing: which fault an error names, in words with the cure, and waiting until it takes writes again. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, sleep } from './clock.ts';
import { StartError } from './errors.ts';
import type { Text } from './text.ts';

const AGAIN_AFTER_MS = 2_000;

interface DiskFault extends Text {
  /** As `code` of Node's and PostgreSQL's errors. The first is the system's name for it, which stands for the others. */
  codes: readonly [string, ...string[]];
  /** SQLite's primary result code for it. */
  sqlite?: number;
  /** For errors that come without a code: DuckDB's, and texts that were handed on. */
  said: RegExp;
}

/** What a repair of the disk mends while the program waits; anything else is the configuration's fault. */
const FAULTS: readonly DiskFault[] = [
  {
    codes: ['EROFS'],
    said: /read-only file system/i,
    zh: '磁盘变为只读：查明磁盘故障，修复后以可写方式重新挂载',
    en: 'the disk is read-only: look for its faults, then mount it writable',
  },
  {
    // Node has no name for it: 122 on Linux, 69 on macOS.
    codes: ['EDQUOT', 'Unknown system error -122', 'Unknown system error -69'],
    said: /quota exceeded/i,
    zh: '磁盘配额已用完：清理空间或提高配额',
    en: 'the disk quota is used up: make room or raise it',
  },
  {
    codes: ['ENOSPC', '53100'],
    sqlite: 13,
    said: /no space left|disk is full/i,
    zh: '磁盘已满：清理空间',
    en: 'the disk is full: make room',
  },
  {
    // The last two are what Linux says of a file system whose own notes are damaged: EBADMSG and EUCLEAN.
    codes: ['EIO', '58030', 'Unknown system error -74', 'Unknown system error -117'],
    sqlite: 10,
    said: /\bi(nput)?\/o(utput)? error|fsync failed/i,
    zh: '磁盘报告读写错误：更换磁盘',
    en: 'the disk reports faults: replace it',
  },
];

/** Errors that hold errors are looked into so deep. */
const DEPTH_MAX = 5;

interface Failed {
  code?: unknown;
  /** SQLite's extended result code, whose last byte is the primary one. */
  errcode?: unknown;
  message?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/**
 * The fault of the disk that an error or its text names, as EROFS, EDQUOT, ENOSPC or EIO; undefined for any other.
 * Of SQLite's I/O errors only that the disk failed is known: EIO then, and a look at the disk may tell more.
 */
export function diskCode(failed: unknown): string | undefined {
  return faultOf(failed)?.codes[0];
}

function faultOf(failed: unknown, depth = 0): DiskFault | undefined {
  if (typeof failed === 'string')
    return FAULTS.find(({ codes, said }) => codes.some((code) => failed.includes(code)) || said.test(failed));
  if (typeof failed !== 'object' || failed === null || depth > DEPTH_MAX) return undefined;
  const { code, errcode, message, cause, errors } = failed as Failed;
  const inside: unknown[] = [cause, ...(Array.isArray(errors) ? errors : [])];
  return (
    FAULTS.find(({ codes }) => codes.some((one) => one === code)) ??
    FAULTS.find(({ sqlite }) => sqlite !== undefined && typeof errcode === 'number' && (errcode & 0xff) === sqlite) ??
    FAULTS.find(({ said }) => said.test(String(message))) ??
    inside.map((one) => faultOf(one, depth + 1)).find((fault) => fault !== undefined)
  );
}

/** What keeps a program from keeping, for people, with the cure. `meanwhile`: what that means until it is cured. */
export function diskProblem(said: string, meanwhile: Text): string {
  const fault = faultOf(said);
  const zh = `${fault?.zh ?? '磁盘拒绝写入'}；${meanwhile.zh}`;
  const en = `${fault?.en ?? 'the disk refuses'}; ${meanwhile.en}`;
  return `${zh} / ${en} (${said.slice(0, 200)})`;
}

/** `who`: the program that waits. `name`: the setting that names the folder. */
export async function untilWritable(
  folder: string,
  tools: { who: string; name: string; clock: Clock; say(line: string): void },
): Promise<void> {
  const { who, name } = tools;
  for (let said = ''; ; ) {
    const code = await tryWrite(folder);
    if (code === undefined) {
      if (said !== '') tools.say(`${name}: ${folder} can be written again`);
      return;
    }
    const cure = faultOf(code)?.en;
    if (cure === undefined)
      throw new StartError(`${name}: ${folder} cannot be written (${code}): give it to the user that runs the ${who}`);
    if (code !== said)
      tools.say(`${name}: ${folder} cannot be written (${code}), ${cure}; the ${who} starts when it can`);
    said = code;
    await sleep(tools.clock, AGAIN_AFTER_MS);
  }
}

/** A store's log grows by more than a block, so a disk with one block left is full. */
const PROBE_BYTES = 64 << 10;

/** Writes a file and removes it. The code of the error, if any. */
export async function tryWrite(folder: string): Promise<string | undefined> {
  const probe = join(folder, '.writable');
  try {
    await makeFolder(folder);
    await writeFile(probe, Buffer.alloc(PROBE_BYTES), { flush: true });
    return undefined;
  } catch (error) {
    return diskCode(error) ?? (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** With the folders above it, each by itself: Node's own way through them calls every fault but a full disk ENOENT. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}
