/**
 * What a camera is told, as the gateway's vision reads it from the device's `options`: where its video
 * comes from, the facade's grid, and areas. Places are shares of the picture's width and height.
 */
import { CAMERA_LIMITS, type CameraOptions, type Mask, POINTS_MIN } from '../../../../core/camera-options.ts';
import type { Calibration, FacadePoint } from '../../../../core/facade.ts';
import type { DeviceItem } from '../api/types.ts';

export type Place = Mask['polygon'][number];
/** `zone`: falls count only inside one; `ignore`: nothing there counts; `privacy`: unreadable in evidence. */
export const AREA_TYPES = ['zone', 'ignore', 'privacy'] as const satisfies readonly ('zone' | Mask['type'])[];
export type AreaType = (typeof AREA_TYPES)[number];

export interface Area {
  type: AreaType;
  /** Of a zone; masks have none. */
  name: string;
  polygon: Place[];
}

/** Where the video comes from, and how much of it is looked at; null: as the gateway does by itself. */
export interface Source {
  /** `rtsp://…`, `http://…` or a file; empty: the camera pushes its pictures. */
  stream: string;
  importance: number | null;
  fpsMax: number | null;
}

export interface CameraDraft {
  source: Source;
  calibration: Calibration;
  areas: Area[];
  /** Corners of the area that is being drawn. */
  open: Place[];
}

const FRESH: Calibration = {
  points: [],
  columns: ['1', '2', '3', '4'],
  lowestFloor: 1,
  highestFloor: 18,
  floorHeightMetres: 2.9,
  columnWidthMetres: 3.6,
};

export function draftOf({ options }: Pick<DeviceItem, 'options'>): CameraDraft {
  const { stream = '', importance = null, fpsMax = null, ...drawn } = (options ?? {}) as CameraOptions;
  const { calibration, zones = [], masks = [] } = drawn;
  const areas: Area[] = [
    ...zones.map(({ name, polygon }) => ({ type: 'zone' as const, name, polygon })),
    ...masks.map(({ type, polygon }) => ({ type, name: '', polygon })),
  ];
  return { source: { stream, importance, fpsMax }, calibration: { ...FRESH, ...calibration }, areas, open: [] };
}

/** The options with what was set and drawn; what is empty is left out. */
export function optionsOf({ options }: Pick<DeviceItem, 'options'>, draft: CameraDraft): Record<string, unknown> {
  const { stream: _s, importance: _i, fpsMax: _f, calibration: _c, zones: _z, masks: _m, ...others } = options ?? {};
  const { stream, importance, fpsMax } = draft.source;
  const zones = draft.areas.flatMap(({ type, name, polygon }) => (type === 'zone' ? [{ name, polygon }] : []));
  const masks = draft.areas.flatMap(({ type, polygon }) => (type === 'zone' ? [] : [{ type, polygon }]));
  return {
    ...others,
    ...(stream.trim() !== '' && { stream: stream.trim() }),
    ...(importance !== null && { importance }),
    ...(fpsMax !== null && { fpsMax }),
    ...(draft.calibration.points.length > 0 && { calibration: draft.calibration }),
    ...(zones.length > 0 && { zones }),
    ...(masks.length > 0 && { masks }),
  };
}

/** How many corners of the facade are still to be clicked; none is as good as all: a camera may go without a grid. */
export function pointsMissing({ calibration: { points } }: CameraDraft): number {
  return points.length === 0 ? 0 : Math.max(0, POINTS_MIN - points.length);
}

export function mayAdd({ areas }: CameraDraft, type: AreaType): boolean {
  const isZone = type === 'zone';
  return (
    areas.filter((area) => (area.type === 'zone') === isZone).length <
    (isZone ? CAMERA_LIMITS.zones : CAMERA_LIMITS.masks)
  );
}

/** What the next click most likely names: the corners of the facade in turn, then whatever came last. */
export function guessPoint({ points, columns, lowestFloor, highestFloor }: Calibration): Omit<FacadePoint, 'x' | 'y'> {
  const corners = [
    { column: 0, floor: lowestFloor },
    { column: columns.length, floor: lowestFloor },
    { column: columns.length, floor: highestFloor + 1 },
    { column: 0, floor: highestFloor + 1 },
  ];
  const last = points.at(-1);
  return corners[points.length] ?? { column: last?.column ?? 0, floor: last?.floor ?? lowestFloor };
}
