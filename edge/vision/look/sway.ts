/**
 * Whether the picture as a whole moved: a mast in the wind, a knock, a turned camera. The profiles of the
 * picture (its mean level by column, and by row) are held against those of a moment before at every shift;
 * what moves within the picture, rain and light change a profile but do not shift it.
 * Costs about a third of a millisecond at 1080p.
 */
export interface SwayWatch {
  /** Bins by which the picture moved since a moment before; 0 for a still one. `atMs` must rise. */
  look(luma: Uint8Array, atMs: number): number;
}

/** Shifts are told in bins of a picture of so many rows; a larger one is no finer. */
const BINS_OF_ROWS = 360;
const SHIFT_BINS_MAX = 16;
/** Rows that are left out between two that count, in bins; of columns the same. */
const STEP_BINS = 8;
/** Long enough for a slow sway to be a bin, short enough for a quick one not to be back. */
const MOMENT_MS = 200;
/** Nobody knows what was between frames farther apart. */
const APART_MS_MAX = 500;
/** The shift must explain most of what differs … */
const LEFT_SHARE_MAX = 0.5;
/** … and the difference be more than noise: grey levels, on the mean of a profile. */
const LEVELS_MIN = 0.5;

interface Profiles {
  atMs: number;
  columns: Float32Array;
  rows: Float32Array;
}

export function createSwayWatch({ width, height }: { width: number; height: number }): SwayWatch {
  const binPx = Math.max(1, Math.round(height / BINS_OF_ROWS));
  const kept: Profiles[] = [];
  return {
    look(luma, atMs) {
      while (kept.length > 1 && atMs - (kept[1]?.atMs ?? atMs) >= MOMENT_MS) kept.shift();
      const before = kept[0];
      const now = { atMs, ...profile(luma, { width, height, binPx }) };
      kept.push(now);
      if (!before || atMs - before.atMs > APART_MS_MAX) return 0;
      return Math.max(shift(before.columns, now.columns), shift(before.rows, now.rows));
    },
  };
}

/** Mean levels by column and by row, around the mean of the picture: a light step is no shift. */
function profile(
  luma: Uint8Array,
  { width, height, binPx }: { width: number; height: number; binPx: number },
): Pick<Profiles, 'columns' | 'rows'> {
  const columns = new Float32Array(Math.floor(width / binPx));
  const rows = new Float32Array(Math.floor(height / binPx));
  const step = STEP_BINS * binPx;
  for (let y = 0; y < height; y += step)
    for (let bin = 0, at = y * width; bin < columns.length; bin++, at += binPx)
      columns[bin] = (columns[bin] as number) + (luma[at] as number);
  for (let bin = 0; bin < rows.length; bin++) {
    let sum = 0;
    for (let at = bin * binPx * width, end = at + width; at < end; at += step) sum += luma[at] as number;
    rows[bin] = sum;
  }
  centre(columns, Math.ceil(height / step));
  centre(rows, Math.ceil(width / step));
  return { columns, rows };
}

function centre(sums: Float32Array, count: number): void {
  const mean = sums.reduce((total, sum) => total + sum, 0) / sums.length;
  for (let bin = 0; bin < sums.length; bin++) sums[bin] = ((sums[bin] as number) - mean) / count;
}

function shift(before: Float32Array, now: Float32Array): number {
  const still = difference(before, now, 0);
  if (still < LEVELS_MIN) return 0;
  let least = still * LEFT_SHARE_MAX;
  let best = 0;
  for (let bins = -SHIFT_BINS_MAX; bins <= SHIFT_BINS_MAX; bins++) {
    const left = difference(before, now, bins);
    if (left >= least) continue;
    least = left;
    best = bins;
  }
  return Math.abs(best);
}

/** Grey levels, on the mean of the bins that every shift has. */
function difference(before: Float32Array, now: Float32Array, bins: number): number {
  const end = now.length - SHIFT_BINS_MAX;
  let sum = 0;
  for (let bin = SHIFT_BINS_MAX; bin < end; bin++)
    sum += Math.abs((now[bin] as number) - (before[bin + bins] as number));
  return sum / Math.max(1, end - SHIFT_BINS_MAX);
}
