/** How a day goes in an estate: hours of local time (UTC+8) and how busy they are. */
import type { Random } from './random.ts';

const HOUR_MS = 3_600_000;

/** Hours since local midnight, 0 ≤ hour < 24, of an epoch instant in ms. */
export function localHour(at: number): number {
  return (at / HOUR_MS + 8) % 24;
}

/** A smooth bump of height 1 around `peakHour`, `widthHour` wide on each side, across midnight. */
function bump(at: number, peakHour: number, widthHour: number): number {
  const distance = Math.abs(((localHour(at) - peakHour + 36) % 24) - 12);
  return Math.exp(-((distance / widthHour) ** 2));
}

/** People leave in the morning and come home in the evening; the night is nearly still. 0 to about 1. */
export function footfall(at: number): number {
  return 0.03 + 0.9 * bump(at, 7.8, 1) + 0.35 * bump(at, 12.2, 1.5) + bump(at, 18.2, 1.6) + 0.3 * bump(at, 20.5, 1.2);
}

/** Breakfast, lunch, dinner. 0 to about 1. */
export function cooking(at: number): number {
  return 0.4 * bump(at, 6.8, 0.6) + 0.7 * bump(at, 11.6, 0.7) + bump(at, 18, 0.9);
}

/** Electric load: lowest before dawn, highest after dinner. 0.2 to about 1. */
export function load(at: number): number {
  return 0.2 + 0.25 * bump(at, 12, 3) + 0.7 * bump(at, 20, 2.5);
}

/** Light of the day. 0 to 1. */
export function daylight(at: number): number {
  return Math.max(0, Math.sin(((localHour(at) - 6) / 12) * Math.PI));
}

/** Air temperature in °C: warmest in the early afternoon. */
export function airCelsius(at: number): number {
  return 18 + 5 * Math.sin(((localHour(at) - 9) / 24) * 2 * Math.PI);
}

/** Instants of independent happenings in a span, `ratePerHour` on average (Poisson), in order. */
export function happenings(random: Random, ratePerHour: number, span: { from: number; to: number }): number[] {
  const times: number[] = [];
  const rate = ratePerHour / HOUR_MS;
  if (rate <= 0) return times;
  for (let at = span.from; ; ) {
    at += -Math.log(1 - random.next()) / rate;
    if (at >= span.to) return times;
    times.push(Math.floor(at));
  }
}

export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
