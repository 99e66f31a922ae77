// Intervals for counts, so that no rate is stated without saying how sure it is.

export interface Interval {
  low: number;
  high: number;
}

const NORMAL_95 = 1.959964;

/** 95 % interval of a share, after Wilson (1927); of nothing tried it is everything. */
export function wilson(hits: number, tries: number): Interval {
  if (tries === 0) return { low: 0, high: 1 };
  const share = hits / tries;
  const z2 = NORMAL_95 ** 2;
  const centre = (share + z2 / (2 * tries)) / (1 + z2 / tries);
  const spread = (NORMAL_95 / (1 + z2 / tries)) * Math.sqrt((share * (1 - share)) / tries + z2 / (4 * tries ** 2));
  return { low: Math.max(0, centre - spread), high: Math.min(1, centre + spread) };
}

/** Exact 95 % interval of the mean of a Poisson count, after Garwood (1936). */
export function poisson(count: number): Interval {
  return {
    low: count === 0 ? 0 : solve((mean) => 1 - cumulative(count - 1, mean) - 0.025, count),
    high: solve((mean) => 0.025 - cumulative(count, mean), count),
  };
}

/** P(X ≤ count) for a Poisson variable of this mean. */
function cumulative(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= count; k += 1) {
    term *= mean / k;
    sum += term;
  }
  return sum;
}

/** The root of a rising function, searched from zero to well beyond the count. */
function solve(rising: (mean: number) => number, count: number): number {
  let low = 0;
  let high = count + 10 * Math.sqrt(count + 1) + 10;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
