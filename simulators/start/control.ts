/**
 * How a scenario reaches the network between gateway and hub: `npm start` listens on a socket in its
 * data folder, `npm run simulate` finds it beside the demo.json that it was given.
 */
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const cutSchema = z.strictObject({
  type: z.literal('cut'),
  gatewayId: z.string().max(64),
  forMs: z
    .number()
    .nonnegative()
    .max(24 * 3_600_000),
});
export type Cut = z.infer<typeof cutSchema>;

const LINE_CHARACTERS_MAX = 1_000;

export interface Control {
  stop(): Promise<void>;
}

/** Throws when the folder's path is too long for a socket; everything but outages works without it. */
export async function startControl(demoFile: string, onCut: (cut: Cut) => void): Promise<Control> {
  const path = socketPath(demoFile);
  await rm(path, { force: true });
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LINE_CHARACTERS_MAX) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      const cut = readCut(text);
      if (cut) onCut(cut);
      socket.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
    },
  };
}

/** Resolves with whether an `npm start` was there to hear it. */
export function askForCut(demoFile: string, cut: Cut): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(demoFile), () => socket.end(JSON.stringify(cut)));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(true));
  });
}

function socketPath(demoFile: string): string {
  return join(dirname(demoFile), 'start.sock');
}

function readCut(text: string): Cut | undefined {
  try {
    return cutSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
