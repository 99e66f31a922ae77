/**
 * Serves simulated cameras as MJPEG over HTTP: http://host:port/{deviceId}.mjpeg, and one picture
 * as {deviceId}.jpg. A viewer that reads too slowly loses frames, never memory.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FacadeCamera } from './facade-camera.ts';

export interface CameraServerOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** By device id. */
  cameras: ReadonlyMap<string, FacadeCamera>;
}

export interface CameraServer {
  /** Listens and starts the cameras; answers the port. */
  start(): Promise<number>;
  /** The stream's address, for the device's `options.stream`. */
  url(deviceId: string): string;
  /** Ends every open stream, as when the network is cut; viewers may connect again. */
  cut(): void;
  stop(): Promise<void>;
}

const BOUNDARY = 'frame';
/** A viewer that has this much unread gets no further frame. */
const UNREAD_BYTES_MAX = 512 * 1024;

export function serveCameras(options: CameraServerOptions): CameraServer {
  const { cameras, host } = options;
  const viewers = new Set<ServerResponse>();
  let port = options.port;
  let server: Server | undefined;

  const handle = (path: string, response: ServerResponse): void => {
    const match = /^\/([a-z0-9-]+)\.(mjpeg|jpg)$/.exec(path);
    const camera = match?.[1] === undefined ? undefined : cameras.get(match[1]);
    if (!camera) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no such camera\n');
      return;
    }
    if (match?.[2] === 'jpg') sendOne(camera, response);
    else sendStream(camera, response, viewers);
  };

  return {
    async start() {
      server = createServer((request, response) => handle(request.url ?? '/', response));
      const listening = server;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject);
        listening.listen(port, host, resolve);
      });
      port = (listening.address() as AddressInfo).port;
      for (const camera of cameras.values()) camera.start();
      return port;
    },
    url: (deviceId) => `http://${host}:${port}/${deviceId}.mjpeg`,
    cut() {
      for (const viewer of viewers) viewer.destroy();
      viewers.clear();
    },
    async stop() {
      for (const camera of cameras.values()) camera.stop();
      const listening = server;
      if (!listening) return;
      server = undefined;
      for (const viewer of viewers) viewer.destroy();
      listening.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}

function sendOne(camera: FacadeCamera, response: ServerResponse): void {
  const stop = camera.onFrame((jpeg) => {
    stop();
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': jpeg.length }).end(jpeg);
  });
  response.on('close', stop);
}

function sendStream(camera: FacadeCamera, response: ServerResponse, viewers: Set<ServerResponse>): void {
  response.writeHead(200, {
    'content-type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
    'cache-control': 'no-store',
  });
  viewers.add(response);
  const stop = camera.onFrame((jpeg) => {
    if (response.writableLength > UNREAD_BYTES_MAX) return;
    response.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    response.write('\r\n');
  });
  response.on('close', () => {
    stop();
    viewers.delete(response);
  });
}
