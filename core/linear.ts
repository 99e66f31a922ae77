/** Small systems of linear equations. */

/** Solves matrix · x = right by Gaussian elimination with pivoting; undefined when singular. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length;
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    const top = rows[pivot] as number[];
    rows[pivot] = rows[column] as number[];
    rows[column] = top;
    const head = top[column] ?? 0;
    if (Math.abs(head) < 1e-12) return undefined;
    for (let row = 0; row < size; row++) {
      const line = rows[row] as number[];
      if (row === column) continue;
      const factor = (line[column] ?? 0) / head;
      for (let at = column; at <= size; at++) line[at] = (line[at] ?? 0) - factor * (top[at] ?? 0);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}
