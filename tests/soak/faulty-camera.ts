/** A simulated camera's MJPEG stream over HTTP that can be broken in every way a real one breaks. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { createFacadeCamera, type FacadeCamera } from '../../simulators/cameras/facade-camera.ts';

/** What the stream does until `repair`. */
export type StreamFault = 'cut' | 'stall' | 'rubbish' | 'torn' | 'freeze' | 'cover' | 'resize';

export interface FaultyCamera {
  url: string;
  camera(): FacadeCamera;
  fail(fault: StreamFault): void;
  repair(): void;
  stop(): Promise<void>;
}

const UNREAD_BYTES_MAX = 512 * 1024;

export async function startFaultyCamera(seed: string, random: () => number): Promise<FaultyCamera> {
  const usual = createFacadeCamera({ seed, clock: systemClock });
  const other = createFacadeCamera({ seed: `${seed}/other`, width: 480, height: 270, clock: systemClock });
  const cameras = [usual, other];
  for (const camera of cameras) {
    camera.wildlife(0);
    camera.start();
  }
  const viewers = new Set<ServerResponse>();
  let fault: StreamFault | undefined;
  const present = () => (fault === 'resize' ? other : usual);

  const server = createServer((_request, response) => {
    if (fault === 'cut') {
      response.writeHead(503).end('no stream\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    viewers.add(response);
    response.on('close', () => viewers.delete(response));
  });
  const stops = cameras.map((camera) =>
    camera.onFrame((jpeg) => {
      if (camera !== present() || fault === 'stall') return;
      for (const viewer of viewers) if (viewer.writableLength < UNREAD_BYTES_MAX) viewer.write(part(jpeg));
    }),
  );

  function part(jpeg: Buffer): Buffer {
    const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
    const whole = Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
    if (fault === 'rubbish') return Buffer.from(Array.from({ length: 2_000 }, () => Math.floor(random() * 256)));
    if (fault === 'torn' && random() < 0.3) return whole.subarray(0, Math.floor(random() * whole.length));
    return whole;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.mjpeg`,
    camera: present,
    fail(next) {
      fault = next;
      usual.mishap(next === 'freeze' || next === 'cover' ? next : 'none');
      if (next === 'cut') for (const viewer of viewers) viewer.destroy();
    },
    repair() {
      fault = undefined;
      usual.mishap('none');
    },
    async stop() {
      for (const stop of stops) stop();
      for (const camera of cameras) camera.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
