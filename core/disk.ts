/** A disk that takes nothing: why, in words for people with the cure, and waiting until it takes writes again. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from './clock.ts';
import { StartError } from './errors.ts';
import type { Text } from './text.ts';

const AGAIN_AFTER_MS = 2_000;

interface DiskFault extends Text {
  /** How it is told by Node and by the stores. */
  said: RegExp;
}

/** What a repair of the disk mends while the program waits; anything else is the configuration's fault. */
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
  { said: /ENOSPC|no space left|disk is full/i, zh: '磁盘已满：清理空间', en: 'the disk is full: make room' },
];

/** What keeps a program from keeping, for people, with the cure. `meanwhile`: what that means until it is cured. */
export function diskProblem(said: string, meanwhile: Text): string {
  const fault = PASSING.find((one) => one.said.test(said));
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
    const cure = PASSING.find((one) => one.said.test(code))?.en;
    if (cure === undefined)
      throw new StartError(`${name}: ${folder} cannot be written (${code}): give it to the user that runs the ${who}`);
    if (code !== said)
      tools.say(`${name}: ${folder} cannot be written (${code}), ${cure}; the ${who} starts when it can`);
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
