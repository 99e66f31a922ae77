/**
 * What may stand in the `options` of a high-throw-camera. All places in the picture are shares of
 * its width and height (0 to 1, origin top left), so that they survive a change of resolution.
 */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const pointSchema = z.tuple([share, share]);
const polygonSchema = z.array(pointSchema).min(3).max(64);

const maskSchema = z.strictObject({
  /** `ignore`: nothing there counts. `privacy`: blurred in evidence outside of the track. */
  type: z.enum(['ignore', 'privacy']),
  polygon: polygonSchema,
});

const zoneSchema = z.strictObject({ name: z.string().max(60), polygon: polygonSchema });

const calibrationPointSchema = z.strictObject({
  x: share,
  y: share,
  column: z.number().min(0).max(200),
  floor: z.number().min(-10).max(201),
});

/** What core/facade.ts calls a calibration. */
export const calibrationSchema = z.strictObject({
  points: z.array(calibrationPointSchema).min(4).max(64),
  columns: z.array(z.string().min(1).max(20)).min(1).max(200),
  lowestFloor: z.number().int().min(-10).max(200),
  highestFloor: z.number().int().min(-10).max(200),
  floorHeightMetres: z.number().min(2).max(8).default(2.9),
  columnWidthMetres: z.number().min(0.5).max(30).default(3.6),
});

export const cameraOptionsSchema = z.strictObject({
  /** rtsp://, http:// (MJPEG) or a file. Without it the camera pushes JPEG frames. */
  stream: z.string().max(500).optional(),
  push: z.boolean().optional(),
  masks: z.array(maskSchema).max(64).optional(),
  zones: z.array(zoneSchema).max(32).optional(),
  calibration: calibrationSchema.optional(),
  /** Cameras with a higher number keep their frames when cores run out. */
  importance: z.number().int().min(0).max(100).optional(),
  /** Frames above this rate are skipped evenly. */
  fpsMax: z.number().min(2).max(60).optional(),
});

export type Mask = z.infer<typeof maskSchema>;
export type Zone = z.infer<typeof zoneSchema>;
export type CameraOptions = z.infer<typeof cameraOptionsSchema>;
export type Polygon = z.infer<typeof polygonSchema>;
