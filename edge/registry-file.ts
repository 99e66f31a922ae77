/** The devices of a gateway that works without a hub: a JSON list, read again when the file changes. */
import { readFile, stat } from 'node:fs/promises';
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

/** Hands on the devices each time the file changes; a file that cannot be read changes nothing. */
export function watchRegistryFile(
  path: string,
  clock: Clock,
  events: { onDevices(devices: RegisteredDevice[]): void; onProblem(problem: string): void },
): Timer {
  let knownAt = 0;
  const look = async () => {
    const { mtimeMs } = await stat(path);
    const isChanged = knownAt !== 0 && mtimeMs !== knownAt;
    knownAt = mtimeMs;
    if (isChanged) events.onDevices(await readRegistryFile(path));
  };
  return clock.every(LOOK_EVERY_MS, () => {
    look().catch((error: Error) => events.onProblem(error.message));
  });
}
