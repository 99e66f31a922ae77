/**
 * What may stand in the `options` of a high-throw-camera. All places in the picture are shares of
 * its width and height (0 to 1, origin top left), so that they survive a change of resolution.
 */
import { z } from 'zod';
import { mapFacade } from './facade.ts';
import { idSchema } from './text.ts';

export const CAMERA_LIMITS = {
  streamCharacters: 500,
  points: 64,
  corners: 64,
  masks: 64,
  zones: 32,
  zoneNameCharacters: 60,
  columns: 200,
  columnCharacters: 20,
};
/** Corners of the facade that a calibration needs, and of an area. */
export const POINTS_MIN = 4;
export const CORNERS_MIN = 3;

const share = z.number().min(0).max(1);
const polygonSchema = z
  .array(z.tuple([share, share]))
  .min(CORNERS_MIN)
  .max(CAMERA_LIMITS.corners);

const maskSchema = z.strictObject({
  /** `ignore`: nothing there counts. `privacy`: blurred in evidence outside of the track. */
  type: z.enum(['ignore', 'privacy']),
  polygon: polygonSchema,
});

const zoneSchema = z.strictObject({ name: z.string().max(CAMERA_LIMITS.zoneNameCharacters), polygon: polygonSchema });

const calibrationPointSchema = z.strictObject({
  x: share,
  y: share,
  column: z.number().min(0).max(CAMERA_LIMITS.columns),
  floor: z.number().min(-10).max(201),
});

/** What core/facade.ts calls a calibration. */
export const calibrationSchema = z.strictObject({
  points: z.array(calibrationPointSchema).min(POINTS_MIN).max(CAMERA_LIMITS.points),
  columns: z.array(z.string().min(1).max(CAMERA_LIMITS.columnCharacters)).min(1).max(CAMERA_LIMITS.columns),
  lowestFloor: z.number().int().min(-10).max(200),
  highestFloor: z.number().int().min(-10).max(200),
  floorHeightMetres: z.number().min(2).max(8).default(2.9),
  columnWidthMetres: z.number().min(0.5).max(30).default(3.6),
});

export const cameraOptionsSchema = z.strictObject({
  /** rtsp://, http:// (MJPEG) or a file. Without it the camera pushes JPEG frames. */
  stream: z.string().max(CAMERA_LIMITS.streamCharacters).optional(),
  /** Says that it does; the same as no stream. */
  push: z.boolean().optional(),
  masks: z.array(maskSchema).max(CAMERA_LIMITS.masks).optional(),
  zones: z.array(zoneSchema).max(CAMERA_LIMITS.zones).optional(),
  calibration: calibrationSchema
    .refine(({ lowestFloor, highestFloor }) => lowestFloor <= highestFloor, {
      path: ['highestFloor'],
      message: 'lies below the lowest floor',
    })
    .refine((calibration) => mapFacade(calibration, { width: 1, height: 1 }) !== undefined, {
      path: ['points'],
      message: 'do not span the facade: three of them lie on one line, or two are the same',
    })
    .optional(),
  /** Cameras with a higher number keep their frames when cores run out. */
  importance: z.number().int().min(0).max(100).optional(),
  /** Frames above this rate are skipped evenly. */
  fpsMax: z.number().min(2).max(60).optional(),
  /** The device whose silence explains this one's (a switch, a recorder), as of any kind. */
  upstream: idSchema.optional(),
});

export type Mask = z.infer<typeof maskSchema>;
export type Zone = z.infer<typeof zoneSchema>;
export type CameraOptions = z.infer<typeof cameraOptionsSchema>;
export type Polygon = z.infer<typeof polygonSchema>;
