/** A gateway cannot keep anything on a disk that takes nothing, so it waits for one that does, and says why. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../core/clock.ts';
import { StartError } from '../core/errors.ts';
import type { Text } from '../core/text.ts';

const AGAIN_AFTER_MS = 2_000;

interface DiskFault extends Text {
  /** How it is told by Node and by the store. */
  said: RegExp;
}

/** What a repair of the disk mends while the gateway waits; anything else is the configuration's fault. */
const PASSING: readonly DiskFault[] = [
  {
    said: /EROFS|read-only file system/i,
    zh: '磁盘变为只读：查明磁盘故障，修复后以可写方式重新挂载',
    en: 'the disk is read-only: look for its faults, then mount it writable',
  },
  {
    said: /\bEIO\b|input\/output error/i,
    zh: '磁盘报告读写错误：更换磁盘',
    en: 'the disk reports faults: replace it',
  },
  { said: /ENOSPC|no space left/i, zh: '磁盘已满：清理空间', en: 'the disk is full: make room' },
];

/** What keeps the gateway from keeping, for people, with the cure. */
export function diskProblem(said: string): string {
  const fault = PASSING.find((one) => one.said.test(said));
  const zh = `${fault?.zh ?? '磁盘拒绝写入'}；在此之前不向设备确认收到`;
  const en = `${fault?.en ?? 'the disk refuses'}; until then no message of a device is acknowledged`;
  return `${zh} / ${en} (${said.slice(0, 200)})`;
}

export async function untilWritable(folder: string, tools: { clock: Clock; say(line: string): void }): Promise<void> {
  for (let said = ''; ; ) {
    const code = await tryWrite(folder);
    if (code === undefined) {
      if (said !== '') tools.say(`dataDir: ${folder} can be written again`);
      return;
    }
    const cure = PASSING.find((one) => one.said.test(code))?.en;
    if (cure === undefined)
      throw new StartError(`dataDir: ${folder} cannot be written (${code}): give it to the user that runs the gateway`);
    if (code !== said)
      tools.say(`dataDir: ${folder} cannot be written (${code}), ${cure}; the gateway starts when it can`);
    said = code;
    await sleep(tools.clock, AGAIN_AFTER_MS);
  }
}

/** Writes a small file and removes it. The code of the error, if any. */
export async function tryWrite(folder: string): Promise<string | undefined> {
  const probe = join(folder, '.writable');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, 'x', { flush: true });
    await rm(probe);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
