/** A camera's calibration as the gateway's vision reads it from `options.calibration`. Places are shares of the picture. */
import type { DeviceItem } from '../api/types.ts';

export interface CalibrationPoint {
  x: number;
  y: number;
  /** Column edge from the left, 0 for the left edge of the first column. */
  column: number;
  /** The floor whose lower edge it is. */
  floor: number;
}

export interface Calibration {
  points: CalibrationPoint[];
  columns: string[];
  lowestFloor: number;
  highestFloor: number;
  floorHeightMetres: number;
  columnWidthMetres: number;
}

export const POINTS_MIN = 4;
export const POINTS_MAX = 64;

const FRESH: Calibration = {
  points: [],
  columns: ['1', '2', '3', '4'],
  lowestFloor: 1,
  highestFloor: 18,
  floorHeightMetres: 2.9,
  columnWidthMetres: 3.6,
};

export function calibrationOf(device: DeviceItem): Calibration {
  const stored = device.options?.calibration as Partial<Calibration> | undefined;
  return { ...FRESH, ...stored };
}

/** What the next click most likely names: the corners of the facade in turn, then whatever came last. */
export function guessPoint(draft: Calibration): Pick<CalibrationPoint, 'column' | 'floor'> {
  const { points, columns, lowestFloor, highestFloor } = draft;
  const corners = [
    { column: 0, floor: lowestFloor },
    { column: columns.length, floor: lowestFloor },
    { column: columns.length, floor: highestFloor + 1 },
    { column: 0, floor: highestFloor + 1 },
  ];
  const last = points.at(-1);
  return corners[points.length] ?? { column: last?.column ?? 0, floor: last?.floor ?? lowestFloor };
}
