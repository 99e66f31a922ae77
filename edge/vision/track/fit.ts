/** Least squares over small polynomials: how well a track is one smooth movement. */
import { solve } from '../../../core/linear.ts';

/** Coefficients of c0 + c1·t + c2·t² + …, or undefined when the points do not settle them. */
export function fitPolynomial(
  times: readonly number[],
  values: readonly number[],
  degree: number,
): number[] | undefined {
  const size = degree + 1;
  // Sums of the powers of time, and of those times the values, are all that the normal equations hold.
  const powers = new Array<number>(2 * size - 1).fill(0);
  const right = new Array<number>(size).fill(0);
  for (let index = 0; index < times.length; index++) {
    const time = times[index] as number;
    const value = values[index] ?? 0;
    let power = 1;
    for (let exponent = 0; exponent < powers.length; exponent++) {
      powers[exponent] = (powers[exponent] as number) + power;
      if (exponent < size) right[exponent] = (right[exponent] as number) + power * value;
      power *= time;
    }
  }
  const matrix = right.map((_, row) => powers.slice(row, row + size));
  return solve(matrix, right);
}

export function polynomialAt(coefficients: readonly number[], time: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * time + coefficient, 0);
}

/** Root mean square distance of the points from the polynomial of that degree. */
export function residual(times: readonly number[], values: readonly number[], degree: number): number {
  const fitted = fitPolynomial(times, values, Math.min(degree, times.length - 1));
  if (!fitted) return Number.POSITIVE_INFINITY;
  const sum = times.reduce((total, time, index) => total + ((values[index] ?? 0) - polynomialAt(fitted, time)) ** 2, 0);
  return Math.sqrt(sum / times.length);
}
