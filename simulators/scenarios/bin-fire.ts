/** A cigarette end sets a residual-waste bin alight. */
import { deviceFor, type Scenario } from '../scenario.ts';
import { devicesOf } from '../world.ts';

const scenario: Scenario = {
  title: { zh: '垃圾桶起火', en: 'Bin on fire' },
  shows: {
    zh: '其他垃圾桶温度升高，随后起火报警，扑灭后降温。',
    en: 'A residual-waste bin warms up, calls fire, and cools down once it is put out.',
  },
  durationMs: 6 * 60_000,
  steps(world, random) {
    const residual = devicesOf(world).filter(
      (device) => device.kind === 'smart-bin' && device.options?.stream === 'residual',
    );
    const bin = residual.length > 0 ? random.pick(residual) : deviceFor(world, random, { kind: 'smart-bin' });
    return [
      {
        atMs: 0,
        type: 'hold',
        deviceId: bin.id,
        fields: { temperatureCelsius: { from: 30, to: 310, overMs: 60_000 } },
        forMs: 120_000,
      },
      { atMs: 10_000, type: 'event', deviceId: bin.id, event: 'fire' },
      {
        atMs: 120_000,
        type: 'hold',
        deviceId: bin.id,
        fields: { temperatureCelsius: { from: 310, to: 32, overMs: 90_000 } },
        forMs: 120_000,
      },
    ];
  },
};

export default scenario;
