/** Boosted regression trees, as `models/highthrow/judge.json` holds them: each adds what its leaf says. */

/** By node: the value that decides (-1 at a leaf), the bound up to which it goes left, the two next nodes, what a leaf adds. */
export interface Tree {
  feature: readonly number[];
  threshold: readonly number[];
  left: readonly number[];
  right: readonly number[];
  value: readonly number[];
}

export function sumOfTrees(trees: readonly Tree[], values: readonly number[]): number {
  let sum = 0;
  for (const { feature, threshold, left, right, value } of trees) {
    let node = 0;
    while ((feature[node] as number) >= 0) {
      const goesLeft = (values[feature[node] as number] as number) <= (threshold[node] as number);
      node = (goesLeft ? left[node] : right[node]) as number;
    }
    sum += value[node] as number;
  }
  return sum;
}
