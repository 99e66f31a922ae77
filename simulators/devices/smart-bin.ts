/** Bags fall in by the rhythm of the day; the cleaners empty it on their rounds. */
import { airCelsius, daylight, footfall, happenings, localHour, rounded } from '../rhythm.ts';
import type { DeviceSimulator } from '../simulator.ts';

type Stream = 'recyclable' | 'kitchen' | 'hazardous' | 'residual';

/** Stream → deposits an hour when it is busy, fill of one bag, its weight. */
const HABITS: Readonly<Record<Stream, { perHour: number; percent: number; kilogram: number }>> = {
  recyclable: { perHour: 8, percent: 1.6, kilogram: 0.6 },
  kitchen: { perHour: 14, percent: 1.1, kilogram: 1.3 },
  hazardous: { perHour: 0.3, percent: 1, kilogram: 0.2 },
  residual: { perHour: 18, percent: 1.3, kilogram: 0.9 },
};
const ROUNDS_HOUR = [5.5, 13, 20.5];

const simulator: DeviceSimulator = {
  periodMs: 60_000,
  battery: true,
  make(device, random) {
    const stream = (device.options?.stream ?? 'residual') as Stream;
    const habit = HABITS[stream];
    let fillPercent = random.between(8, 60);
    let weightKilogram = fillPercent * 0.4;
    let lidUntilAt = 0;
    let emptiedAt = 0;
    const roundMinute = random.between(0, 40);

    const empty = (now: number) => {
      const due = ROUNDS_HOUR.some((hour) => {
        const sinceHour = (localHour(now) - hour - roundMinute / 60 + 24) % 24;
        return sinceHour < 0.2;
      });
      if (!due || now - emptiedAt < 2 * 3_600_000) return;
      emptiedAt = now;
      fillPercent = random.between(0, 4);
      weightKilogram = fillPercent * 0.4;
    };
    return {
      telemetry(now) {
        empty(now);
        return {
          fillPercent: rounded(Math.min(100, fillPercent + Math.abs(random.normal()) * 0.3), 1),
          temperatureCelsius: rounded(airCelsius(now) + 6 * daylight(now) + random.normal() * 0.2, 1),
          weightKilogram: rounded(weightKilogram, 1),
          tiltDegree: Math.round(Math.abs(random.normal())),
          lidOpen: now < lidUntilAt,
          stream,
        };
      },
      events(from, to) {
        return happenings(random, habit.perHour * footfall(from), { from, to }).map((at) => {
          const kilogram = rounded(habit.kilogram * random.between(0.4, 1.8), 2);
          fillPercent = Math.min(99, fillPercent + habit.percent * random.between(0.5, 1.5));
          weightKilogram += kilogram;
          lidUntilAt = at + 8_000;
          const wrong = random.chance(0.06) ? { contaminated: true } : {};
          return { at, type: 'deposit', fields: { stream, weightKilogram: kilogram, ...wrong } };
        });
      },
    };
  },
};

export default simulator;
