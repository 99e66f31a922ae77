/**
 * Which places are worth a look by the verifier: at most `tilesMax` points of a frame. Places where
 * a track expects its object come first, then the cells that stand out most, thinned out where
 * much moves at once, so that a swaying tree cannot eat the budget of the whole picture.
 */
import type { Activity } from './gate.ts';

export interface Point {
  x: number;
  y: number;
}

export interface Candidate extends Point {
  /** Grey levels above the noise floor. */
  excess: number;
}

export interface CandidateChooser {
  choose(activity: Activity, expected: readonly Point[]): Candidate[];
}

const TILES_MAX = 32;
/** Blocks of this many cells share one measure of restlessness. */
const BLOCK_CELLS = 8;
const PER_BLOCK_MAX = 4;
/** A block where so many cells stand out in the usual frame is a tree, a road or laundry … */
const RESTLESS_CELLS = 2;
/** … and all such blocks together get so many tiles: trees must not cost what facades earn. */
const RESTLESS_TILES_MAX = 16;
/** Cells around a chosen one that belong to the same thing. */
const APART_CELLS = 2;
/** How fast a block's restlessness follows: about 50 frames. */
const RESTLESS_SHARE = 0.02;

export function createCandidateChooser(size: { columns: number; rows: number }): CandidateChooser {
  const blockColumns = Math.ceil(size.columns / BLOCK_CELLS);
  const restless = new Float32Array(blockColumns * Math.ceil(size.rows / BLOCK_CELLS));
  const counts = new Uint16Array(restless.length);
  const taken = new Uint8Array(size.columns * size.rows);
  const blockOf = (cell: number) =>
    Math.floor(Math.floor(cell / size.columns) / BLOCK_CELLS) * blockColumns +
    Math.floor((cell % size.columns) / BLOCK_CELLS);

  return {
    choose(activity, expected) {
      counts.fill(0);
      for (const cell of activity.active) (counts[blockOf(cell)] as number)++;
      taken.fill(0);
      const chosen = expected.slice(0, TILES_MAX / 2).map((point) => takeNear(activity, point, taken));
      const rank = (cell: number) => (activity.excess[cell] as number) / (1 + (restless[blockOf(cell)] as number));
      const order = [...activity.active].sort((a, b) => rank(b) - rank(a) || a - b);
      const perBlock = new Uint8Array(restless.length);
      let restlessTiles = 0;
      for (const cell of order) {
        if (chosen.length >= TILES_MAX) break;
        const block = blockOf(cell);
        if (taken[cell] || (perBlock[block] as number) >= PER_BLOCK_MAX) continue;
        const isRestless = (restless[block] as number) > RESTLESS_CELLS;
        if (isRestless && restlessTiles >= RESTLESS_TILES_MAX) continue;
        if (isRestless) restlessTiles += 1;
        (perBlock[block] as number)++;
        chosen.push(take(activity, cell, taken));
      }
      for (let block = 0; block < restless.length; block++)
        restless[block] =
          (restless[block] as number) + ((counts[block] as number) - (restless[block] as number)) * RESTLESS_SHARE;
      return chosen;
    },
  };
}

/** Takes the cell's neighbourhood and answers the centre of its excess. */
function take(activity: Activity, cell: number, taken: Uint8Array): Candidate {
  const { columns, rows, cellPx, excess } = activity;
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  for (let r = Math.max(0, row - APART_CELLS); r <= Math.min(rows - 1, row + APART_CELLS); r++) {
    for (let c = Math.max(0, column - APART_CELLS); c <= Math.min(columns - 1, column + APART_CELLS); c++) {
      const index = r * columns + c;
      taken[index] = 1;
      // Only direct neighbours pull the centre; what is farther may be another thing.
      if (Math.abs(r - row) > 1 || Math.abs(c - column) > 1) continue;
      const weight = excess[index] as number;
      sum += weight;
      sumX += weight * (c + 0.5);
      sumY += weight * (r + 0.5);
    }
  }
  const peak = excess[cell] as number;
  if (sum === 0) return { x: (column + 0.5) * cellPx, y: (row + 0.5) * cellPx, excess: peak };
  return { x: (sumX / sum) * cellPx, y: (sumY / sum) * cellPx, excess: peak };
}

/** The strongest cell beside an expected place, or the place itself when nothing stands out there. */
function takeNear(activity: Activity, point: Point, taken: Uint8Array): Candidate {
  const { columns, rows, cellPx, excess } = activity;
  const column = Math.min(columns - 1, Math.max(0, Math.floor(point.x / cellPx)));
  const row = Math.min(rows - 1, Math.max(0, Math.floor(point.y / cellPx)));
  let best = row * columns + column;
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++)
      if ((excess[r * columns + c] as number) > (excess[best] as number)) best = r * columns + c;
  const candidate = take(activity, best, taken);
  return candidate.excess > 0 ? candidate : { ...point, excess: 0 };
}
