/** What something usually takes: the median of the last measurements, which single stalls do not move. */
export interface Usual {
  add(value: number): void;
  /** The median, or `before` until enough was measured. */
  value(): number;
}

const MEASUREMENTS = 31;

export function createUsual(before: number): Usual {
  const ring = new Float64Array(MEASUREMENTS);
  let count = 0;
  return {
    add(value) {
      ring[count++ % MEASUREMENTS] = value;
    },
    value: () => (count < MEASUREMENTS ? before : (ring.toSorted()[MEASUREMENTS >> 1] ?? before)),
  };
}
