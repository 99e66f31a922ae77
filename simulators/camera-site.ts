/**
 * The facade cameras of a world. The same seed gives the same wall, so the enrolment knows a
 * camera's calibration before anything is drawn.
 */
import type { Clock } from '../core/clock.ts';
import type { Device } from '../core/device.ts';
import { createFacadeCamera, type FacadeCamera } from './cameras/facade-camera.ts';
import { serveCameras } from './cameras/serve-cameras.ts';

export function cameraOf(deviceId: string, wallSeed: string, clock: Clock): FacadeCamera {
  return createFacadeCamera({ seed: `${wallSeed}/${deviceId}`, clock });
}

export interface CameraSite {
  start(): Promise<void>;
  throwAt(deviceId: string): void;
  stop(): Promise<void>;
}

/** Serves the pictures of every camera among the devices; a taken port costs the pictures, not the rest. */
export function makeCameraSite(options: {
  devices: readonly Device[];
  wallSeed: string;
  port: number;
  clock: Clock;
  log(line: string): void;
}): CameraSite {
  const { devices, wallSeed, port, clock, log } = options;
  const cameras = new Map(
    devices
      .filter((device) => device.kind === 'high-throw-camera')
      .map((device) => [device.id, cameraOf(device.id, wallSeed, clock)]),
  );
  const server = serveCameras({ host: '127.0.0.1', port, cameras });
  return {
    async start() {
      try {
        await server.start();
      } catch (error) {
        log(`no camera pictures: port ${port} (LINLI_CAMERA_PORT): ${error instanceof Error ? error.message : error}`);
      }
    },
    throwAt(deviceId) {
      const thrown = cameras.get(deviceId)?.throwObject();
      if (thrown) log(`${deviceId}: ${thrown.object} thrown from floor ${thrown.floor}`);
    },
    stop: () => server.stop(),
  };
}
