/** The devices of a gateway that works without a hub: a JSON list, read again when the file changes. */
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clock, Timer } from '../core/clock.ts';
import { type RegisteredDevice, registeredDeviceSchema } from '../core/device.ts';
import { StartError } from '../core/errors.ts';

const LOOK_EVERY_MS = 5_000;

export async function readRegistryFile(path: string): Promise<RegisteredDevice[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`registryFile: ${path} cannot be read (${error.code})`);
  });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new StartError(`registryFile: ${path} is not JSON`);
  }
  const parsed = z.array(registeredDeviceSchema).safeParse(list);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StartError(`registryFile: ${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** Hands on the devices each time the file changes; a file that cannot be read changes nothing and is named. */
export function watchRegistryFile(options: {
  path: string;
  clock: Clock;
  log: Logger;
  onDevices(devices: RegisteredDevice[]): void;
}): Timer & { readonly problem: string | undefined } {
  const { path, clock, log, onDevices } = options;
  let knownAt = 0;
  let problem: string | undefined;
  const look = async () => {
    const { mtimeMs } = await stat(path);
    const isChanged = knownAt !== 0 && mtimeMs !== knownAt;
    knownAt = mtimeMs;
    if (!isChanged) return;
    onDevices(await readRegistryFile(path));
    problem = undefined;
  };
  const timer = clock.every(LOOK_EVERY_MS, () => {
    look().catch((error: Error) => {
      if (error.message !== problem)
        log.error({ problem: error.message }, 'register file ignored, the devices before it stay');
      problem = error.message;
    });
  });
  return {
    cancel: () => timer.cancel(),
    get problem() {
      return problem;
    },
  };
}
