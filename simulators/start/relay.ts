/**
 * The network between one gateway and the hub, as a TCP relay that a scenario can cut. Only the
 * demonstration puts it there; the gateway's YAML file names the hub itself.
 */

import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../core/clock.ts';

export interface Relay {
  /** Listens on a free port of 127.0.0.1 and answers it. */
  start(): Promise<number>;
  /** Ends every connection and refuses further ones for a while. */
  cut(forMs: number): void;
  stop(): void;
}

export function makeRelay(target: { port: number }, clock: Clock): Relay {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let healing: Timer | undefined;

  const join = (near: Socket) => {
    if (healing) {
      near.destroy();
      return;
    }
    const far = createConnection(target.port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  };
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    async start() {
      const listening = createServer(join);
      server = listening;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject);
        listening.listen(0, '127.0.0.1', resolve);
      });
      return (listening.address() as AddressInfo).port;
    },
    cut(forMs) {
      healing?.cancel();
      healing = clock.after(forMs, () => {
        healing = undefined;
      });
      endAll();
    },
    stop() {
      healing?.cancel();
      endAll();
      server?.close();
    },
  };
}
