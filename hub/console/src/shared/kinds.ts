/** The device kinds of the contract, with the unit and precision that each field is shown with. */
export const KINDS = [
  'access-gate',
  'smoke-detector',
  'manual-call-point',
  'water-pressure',
  'electrical-fire',
  'gas-detector',
  'fire-door',
  'smart-bin',
  'high-throw-camera',
] as const;

interface Shown {
  unit: string;
  decimals: number;
}

/** Unit and qualifier stand last in a field's name, so the suffix says how it is shown. */
const BY_SUFFIX: readonly (readonly [suffix: string, shown: Shown])[] = [
  ['DbPerM', { unit: 'dB/m', decimals: 2 }],
  ['PercentLel', { unit: '%LEL', decimals: 1 }],
  ['Percent', { unit: '%', decimals: 0 }],
  ['Celsius', { unit: '°C', decimals: 1 }],
  ['Mpa', { unit: 'MPa', decimals: 2 }],
  ['Milliamp', { unit: 'mA', decimals: 0 }],
  ['Amp', { unit: 'A', decimals: 1 }],
  ['Kilogram', { unit: 'kg', decimals: 1 }],
  ['Degree', { unit: '°', decimals: 0 }],
  ['Dbm', { unit: 'dBm', decimals: 0 }],
  ['fps', { unit: 'fps', decimals: 1 }],
  ['Ms', { unit: 'ms', decimals: 0 }],
];

export function fieldShown(field: string): Shown {
  return BY_SUFFIX.find(([suffix]) => field.endsWith(suffix))?.[1] ?? { unit: '', decimals: 2 };
}

export function valueTitle(field: string, value: unknown, words: { yes: string; no: string }): string {
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value !== 'number') return String(value);
  const { unit, decimals } = fieldShown(field);
  const rounded = Number(value.toFixed(decimals));
  return unit === '' ? String(rounded) : `${rounded} ${unit}`;
}
