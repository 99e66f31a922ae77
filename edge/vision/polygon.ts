/** Areas of the picture, as polygons in shares of its width and height. */
import type { Polygon } from '../../core/camera-options.ts';

export function isInside(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (let index = 0; index < polygon.length; index++) {
    const [ax, ay] = polygon[index] as [number, number];
    const [bx, by] = polygon[(index + 1) % polygon.length] as [number, number];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** One byte per cell, 1 where the cell's centre lies in one of the polygons; undefined without polygons. */
export function maskCells(
  polygons: readonly Polygon[],
  grid: { columns: number; rows: number; cellPx: number; width: number; height: number },
): Uint8Array | undefined {
  if (polygons.length === 0) return undefined;
  const cells = new Uint8Array(grid.columns * grid.rows);
  for (let row = 0; row < grid.rows; row++) {
    const y = ((row + 0.5) * grid.cellPx) / grid.height;
    for (let column = 0; column < grid.columns; column++) {
      const x = ((column + 0.5) * grid.cellPx) / grid.width;
      if (polygons.some((polygon) => isInside(polygon, x, y))) cells[row * grid.columns + column] = 1;
    }
  }
  return cells;
}
