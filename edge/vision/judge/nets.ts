/**
 * Small nets beside the trees, as `models/highthrow/judge.json` holds them: some over what is measured of a
 * track as a whole, some that look along it, too. `train/perceptron.py` and `train/along.py` made them.
 */

import type { Sequence } from './sequence.ts';

/** From a measure to its normal score: where it lies among those that were learnt from; held at its ends. */
export interface Curve {
  values: readonly number[];
  scores: readonly number[];
}

/** A row of weights and a bias for each output. */
export interface Layer {
  weights: readonly (readonly number[])[];
  bias: readonly number[];
}

/** A net that looks along a track: what its convolutions find, on average and at most, goes to its layers beside the scores. */
export interface AlongNet {
  /** Each output's weights for the sightings around one, from the earliest on, and in each for the columns. */
  convolutions: readonly Layer[];
  layers: readonly Layer[];
}

export interface Nets {
  /** One for each value. */
  curves: readonly Curve[];
  /** Each net's layers, the last with one output. */
  plain: readonly (readonly Layer[])[];
  /** Names of a sequence's columns, in the order that the convolutions count them. */
  columns: readonly string[];
  along: readonly AlongNet[];
}

/** A row of `width` numbers for each of `count` sightings, one behind the other. */
interface Rows {
  numbers: Float64Array;
  count: number;
  width: number;
}

export function sumOfNets(
  { curves, plain, columns, along }: Nets,
  values: readonly number[],
  sequence: Sequence,
): number {
  const scores = curves.map((curve, place) => scoreOf(curve, values[place] as number));
  const rows = rowsOf(columns, sequence);
  const ofPlain = plain.reduce((sum, layers) => sum + outputOf(layers, scores), 0);
  return along.reduce((sum, { convolutions, layers }) => {
    const found = convolutions.reduce(convolved, rows);
    return sum + outputOf(layers, [...scores, ...meanAndMost(found)]);
  }, ofPlain);
}

function scoreOf({ values, scores }: Curve, value: number): number {
  const right = values.findIndex((knot) => knot >= value);
  if (right === 0) return scores[0] as number;
  if (right < 0) return scores.at(-1) as number;
  const [low, high] = [values[right - 1] as number, values[right] as number];
  const share = (value - low) / (high - low);
  return (scores[right - 1] as number) * (1 - share) + (scores[right] as number) * share;
}

function outputOf(layers: readonly Layer[], inputs: readonly number[]): number {
  let values = inputs;
  for (const [place, { weights, bias }] of layers.entries()) {
    const isLast = place === layers.length - 1;
    values = weights.map((row, output) => {
      const sum = (bias[output] as number) + product(row, values, 0);
      return isLast ? sum : silu(sum);
    });
  }
  return values[0] as number;
}

function rowsOf(columns: readonly string[], sequence: Sequence): Rows {
  const width = columns.length;
  const count = sequence[columns[0] ?? '']?.length ?? 0;
  const numbers = new Float64Array(width * count);
  for (const [column, name] of columns.entries())
    for (let row = 0; row < count; row++) numbers[row * width + column] = sequence[name]?.[row] ?? 0;
  return { numbers, count, width };
}

/** Each sighting's row from those around it; beyond both ends there is nothing. */
function convolved({ numbers, count, width }: Rows, { weights, bias }: Layer): Rows {
  const reach = ((weights[0]?.length ?? 0) / width - 1) / 2;
  const padded = new Float64Array((count + 2 * reach) * width);
  padded.set(numbers, reach * width);
  const outputs = weights.length;
  const found = new Float64Array(count * outputs);
  for (let row = 0; row < count; row++)
    for (let output = 0; output < outputs; output++)
      found[row * outputs + output] = silu(
        (bias[output] as number) + product(weights[output] as number[], padded, row * width),
      );
  return { numbers: found, count, width: outputs };
}

function meanAndMost({ numbers, count, width }: Rows): number[] {
  const mean = new Array<number>(width).fill(0);
  const most = new Array<number>(width).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < count; row++)
    for (let column = 0; column < width; column++) {
      const value = numbers[row * width + column] as number;
      mean[column] = (mean[column] as number) + value / count;
      most[column] = Math.max(most[column] as number, value);
    }
  return [...mean, ...most];
}

function product(weights: readonly number[], numbers: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let place = 0; place < weights.length; place++)
    sum += (weights[place] as number) * (numbers[from + place] as number);
  return sum;
}

function silu(value: number): number {
  return value / (1 + Math.exp(-value));
}
