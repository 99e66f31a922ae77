/**
 * Where in the picture something passed: runs the model's difference gate over the frame ring and
 * holds it against each cell's own noise floor. Trees, laundry, flicker and the camera's clock text
 * raise the floor of their cells and fall silent; a thing that passes once stands out.
 */
import type { Tensor } from 'onnxruntime-node';
import type { Model } from '../../../models/run.ts';
import type { FrameRing } from './frame-ring.ts';

export interface Activity {
  columns: number;
  rows: number;
  cellPx: number;
  /** Per cell: grey levels above the cell's noise floor; 0 where masked. */
  excess: Float32Array;
  /** Cells at or above the gate's threshold, as indexes into `excess`. */
  active: number[];
}

export interface Gate {
  /** Age of the frame that the activity is about. */
  readonly referenceAge: number;
  readonly depth: number;
  /** Height of the strips of a frame that the gate is run on. */
  readonly stripRows: number;
  run(ring: FrameRing): Promise<Activity>;
}

/** The floor follows the upper end of a cell's values: it rises by a share of what sticks out … */
const RISE_SHARE = 0.12;
/** … and sinks by this many grey levels a frame, so that a cell recovers within seconds. */
const SINK_LEVELS = 0.06;
/** A floor never sinks below what sensor noise and codec leave in nearly all cells. */
const QUIET_QUANTILE = 0.9;
/** The graph is run strip by strip: what it holds in between grows with the pixels that it is given. */
const STRIP_PX_MAX = 2 ** 19;

export function createGate(
  model: Pick<Model, 'gate' | 'manifest'>,
  size: { width: number; height: number; masked?: Uint8Array },
): Gate {
  const { cellPx, ages, referenceAge } = model.manifest.gate;
  const columns = Math.ceil(size.width / cellPx);
  const rows = Math.ceil(size.height / cellPx);
  const cells = columns * rows;
  const stripCellRows = Math.max(1, Math.floor(STRIP_PX_MAX / size.width / cellPx));
  const strength = new Uint8Array(cells);
  const floor = new Float32Array(cells);
  const excess = new Float32Array(cells);
  let settled = false;
  return {
    referenceAge,
    stripRows: stripCellRows * cellPx,
    depth: Math.max(...ages, ...model.manifest.tiles.ages) + 1,
    async run(ring) {
      // While the ring fills, its oldest frame stands for those before it: training does the same.
      const frames = ages.map((age) => ({ name: `frame_${age}`, strips: ring.strips(Math.min(age, ring.count - 1)) }));
      for (let row = 0, strip = 0; row < rows; row += stripCellRows, strip++) {
        const feeds = Object.fromEntries(frames.map(({ name, strips }) => [name, strips[strip] as Tensor]));
        const outputs = await model.gate.run(feeds);
        strength.set(outputs.grid?.data as Uint8Array, row * columns);
      }
      const quiet = quantile(strength, QUIET_QUANTILE);
      if (!settled) floor.fill(quiet);
      settled = true;
      const active = compare(
        { strength, floor, excess, masked: size.masked, quiet },
        model.manifest.thresholds.gateLevels,
      );
      return { columns, rows, cellPx, excess, active };
    },
  };
}

function quantile(values: Uint8Array, share: number): number {
  const counts = new Uint32Array(256);
  for (let index = 0; index < values.length; index++) (counts[values[index] as number] as number)++;
  let left = values.length * share;
  for (let level = 0; level < 256; level++) {
    left -= counts[level] as number;
    if (left <= 0) return level;
  }
  return 255;
}

interface Levels {
  strength: Uint8Array;
  floor: Float32Array;
  excess: Float32Array;
  masked: Uint8Array | undefined;
  quiet: number;
}

function compare(levels: Levels, gateLevels: number): number[] {
  const { strength, floor, excess, masked, quiet } = levels;
  const active: number[] = [];
  for (let cell = 0; cell < strength.length; cell++) {
    const base = floor[cell] as number;
    const over = (strength[cell] as number) - Math.max(base, quiet);
    floor[cell] = over > 0 ? base + Math.max(SINK_LEVELS, over * RISE_SHARE) : Math.max(0, base - SINK_LEVELS);
    const counts = over > 0 && !masked?.[cell];
    excess[cell] = counts ? over : 0;
    if (counts && over >= gateLevels) active.push(cell);
  }
  return active;
}
