/** A TCP proxy that a test can cut and throttle: the link between gateway and hub. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Link {
  port: number;
  /** Refuses and ends every connection until `restore`. */
  cut(): void;
  restore(): void;
  /** Bytes a second in each direction; undefined lifts it. */
  throttle(bytesPerSecond: number | undefined): void;
  close(): Promise<void>;
}

export async function openLink(target: { host: string; port: number }): Promise<Link> {
  const sockets = new Set<Socket>();
  let down = false;
  let rate: number | undefined;
  const server: Server = createServer((near) => {
    if (down) return void near.destroy();
    const far = connect(target.port, target.host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    pump(near, far, () => rate);
    pump(far, near, () => rate);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut() {
      down = true;
      endAll();
    },
    restore() {
      down = false;
    },
    throttle(bytesPerSecond) {
      rate = bytesPerSecond;
    },
    close() {
      endAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pump(from: Socket, to: Socket, rate: () => number | undefined): void {
  from.on('data', (chunk: Buffer) => {
    const limit = rate();
    const full = !to.write(chunk);
    if (limit === undefined && !full) return;
    from.pause();
    const resume = () => from.resume();
    if (limit !== undefined) setTimeout(resume, (chunk.length / limit) * 1000);
    else to.once('drain', resume);
  });
}
