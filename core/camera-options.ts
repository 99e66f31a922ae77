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
/** Least and most of what is a number; a floor's upper edge is the lower one of the floor above. */
const floors = { min: -10, max: 200 };
export const CAMERA_RANGES = {
  lowestFloor: floors,
  highestFloor: floors,
  floorLine: { min: floors.min, max: floors.max + 1 },
  columnLine: { min: 0, max: CAMERA_LIMITS.columns },
  floorHeightMetres: { min: 2, max: 8 },
  columnWidthMetres: { min: 0.5, max: 30 },
  importance: { min: 0, max: 100 },
  fpsMax: { min: 2, max: 60 },
};
/** Corners of the facade that a calibration needs, and of an area. */
export const POINTS_MIN = 4;
export const CORNERS_MIN = 3;

const inRange = ({ min, max }: { min: number; max: number }) => z.number().min(min).max(max);
const share = inRange({ min: 0, max: 1 });
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
  column: inRange(CAMERA_RANGES.columnLine),
  floor: inRange(CAMERA_RANGES.floorLine),
});

/** What core/facade.ts calls a calibration. */
export const calibrationSchema = z.strictObject({
  points: z.array(calibrationPointSchema).min(POINTS_MIN).max(CAMERA_LIMITS.points),
  columns: z.array(z.string().min(1).max(CAMERA_LIMITS.columnCharacters)).min(1).max(CAMERA_LIMITS.columns),
  lowestFloor: inRange(CAMERA_RANGES.lowestFloor).int(),
  highestFloor: inRange(CAMERA_RANGES.highestFloor).int(),
  floorHeightMetres: inRange(CAMERA_RANGES.floorHeightMetres).default(2.9),
  columnWidthMetres: inRange(CAMERA_RANGES.columnWidthMetres).default(3.6),
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
  importance: inRange(CAMERA_RANGES.importance).int().optional(),
  /** Frames above this rate are skipped evenly. */
  fpsMax: inRange(CAMERA_RANGES.fpsMax).optional(),
  /** The device whose silence explains this one's (a switch, a recorder), as of any kind. */
  upstream: idSchema.optional(),
});

export type Mask = z.infer<typeof maskSchema>;
export type Zone = z.infer<typeof zoneSchema>;
export type CameraOptions = z.infer<typeof cameraOptionsSchema>;
export type Polygon = z.infer<typeof polygonSchema>;
