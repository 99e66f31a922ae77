/** Small nets beside the trees, as `models/highthrow/judge.json` holds them; `train/perceptron.py` made them. */

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

export interface Perceptron {
  /** One for each value. */
  curves: readonly Curve[];
  /** Each net's layers, the last with one output. */
  nets: readonly (readonly Layer[])[];
}

export function sumOfNets({ curves, nets }: Perceptron, values: readonly number[]): number {
  const scores = curves.map((curve, place) => scoreOf(curve, values[place] as number));
  return nets.reduce((sum, layers) => sum + outputOf(layers, scores), 0);
}

function scoreOf({ values, scores }: Curve, value: number): number {
  const right = values.findIndex((knot) => knot >= value);
  if (right === 0) return scores[0] as number;
  if (right < 0) return scores.at(-1) as number;
  const [low, high] = [values[right - 1] as number, values[right] as number];
  const share = (value - low) / (high - low);
  return (scores[right - 1] as number) * (1 - share) + (scores[right] as number) * share;
}

function outputOf(layers: readonly Layer[], scores: readonly number[]): number {
  let values = scores;
  for (const [place, { weights, bias }] of layers.entries()) {
    const isLast = place === layers.length - 1;
    values = weights.map((row, output) => {
      let sum = bias[output] as number;
      for (let input = 0; input < row.length; input++) sum += (row[input] as number) * (values[input] as number);
      return isLast ? sum : sum / (1 + Math.exp(-sum));
    });
  }
  return values[0] as number;
}
