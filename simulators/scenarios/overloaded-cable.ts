/** Too many scooters charge at one feeder (飞线充电). */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '线路过载', en: 'Overloaded cable' },
  shows: {
    zh: '配电间电缆温度和剩余电流升高，减载后恢复。',
    en: 'A feeder cable heats up and leaks current until load is shed.',
  },
  durationMs: 10 * 60_000,
  steps(world, random) {
    const feeder = deviceFor(world, random, { kind: 'electrical-fire' });
    const hot = {
      cableTemperatureCelsius: { from: 48, to: 92, overMs: 120_000 },
      residualCurrentMilliamp: { from: 80, to: 420, overMs: 120_000 },
      currentAmp: { from: 120, to: 240, overMs: 60_000 },
    };
    const cool = {
      cableTemperatureCelsius: { from: 92, to: 44, overMs: 150_000 },
      residualCurrentMilliamp: { from: 420, to: 60, overMs: 60_000 },
      currentAmp: { from: 240, to: 70, overMs: 30_000 },
    };
    return [
      { atMs: 0, type: 'hold', deviceId: feeder.id, fields: hot, forMs: 300_000 },
      { atMs: 300_000, type: 'hold', deviceId: feeder.id, fields: cool, forMs: 200_000 },
    ];
  },
};

export default scenario;
