/**
 * demo.json: what `npm start` tells other programs about the world that it enrolled (contract,
 * section 1). It holds passwords, so it is mode 0600 and replaced in one step.
 */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { deviceSchema } from '../core/device.ts';
import { StartError } from '../core/errors.ts';
import { roleSchema } from '../core/role.ts';

const demoSchema = z.object({
  seed: z.string(),
  hub: z.object({
    url: z.string(),
    users: z.array(
      z.object({ username: z.string(), password: z.string(), role: roleSchema, communityId: z.string().optional() }),
    ),
  }),
  gateways: z.array(
    z.object({
      id: z.string(),
      communityId: z.string(),
      name: z.string(),
      mqttUrl: z.string(),
      /** Logs the gateway in at the hub's uplink. */
      secret: z.string(),
      devices: z.array(
        deviceSchema
          .pick({ id: true, kind: true, name: true, location: true, options: true })
          .extend({ username: z.string(), password: z.string() }),
      ),
    }),
  ),
});
export type Demo = z.infer<typeof demoSchema>;

/** The file's content, or undefined when there is none. Throws StartError when it is damaged. */
export async function readDemo(path: string): Promise<Demo | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return demoSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(`${path} is damaged: restore it, or remove the whole data folder to start afresh`, { cause });
  }
}

export async function writeDemo(path: string, demo: Demo): Promise<void> {
  const draft = `${path}.draft`;
  await writeFile(draft, `${JSON.stringify(demo, null, 1)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}
