/** A pan catches fire in 3-502 while the gas is on; the smoke reaches the landing. */
import { deviceFor, type Scenario } from '../scenario.ts';
import { devicesOf } from '../world.ts';

const scenario: Scenario = {
  title: { zh: '厨房起火', en: 'Kitchen fire' },
  shows: {
    zh: '3号楼2单元502：燃气、烟感先后报警，一分钟后走廊烟感报警，温度升高，最后恢复。',
    en: 'Bldg 3, unit 2, 502: gas and smoke alarm, the landing follows within a minute, heat rises, then it is out.',
  },
  durationMs: 8 * 60_000,
  steps(world, random) {
    const flat = deviceFor(world, random, { kind: 'smoke-detector', id: 'jx-smoke-3-2-502' });
    const gas = deviceFor(world, random, { kind: 'gas-detector', id: 'jx-gas-3-2-502', near: flat });
    const landing = devicesOf(world).find(
      (device) =>
        device.kind === 'smoke-detector' &&
        device.id !== flat.id &&
        device.communityId === flat.communityId &&
        device.location.zone === flat.location.zone &&
        device.location.room === undefined,
    );
    const fire = {
      smokeDbPerM: { from: 0.1, to: 3.2, overMs: 90_000 },
      temperatureCelsius: { from: 26, to: 78, overMs: 120_000 },
    };
    const haze = {
      smokeDbPerM: { from: 0.03, to: 1.1, overMs: 90_000 },
      temperatureCelsius: { from: 23, to: 34, overMs: 150_000 },
    };
    return [
      {
        atMs: 0,
        type: 'hold',
        deviceId: gas.id,
        fields: { gasPercentLel: { from: 1, to: 24, overMs: 40_000 } },
        forMs: 180_000,
      },
      { atMs: 2_000, type: 'hold', deviceId: flat.id, fields: fire, forMs: 240_000 },
      { atMs: 6_000, type: 'event', deviceId: flat.id, event: 'alarm' },
      { atMs: 20_000, type: 'event', deviceId: gas.id, event: 'alarm' },
      ...(landing
        ? ([
            { atMs: 25_000, type: 'hold', deviceId: landing.id, fields: haze, forMs: 240_000 },
            { atMs: 50_000, type: 'event', deviceId: landing.id, event: 'alarm' },
            { atMs: 400_000, type: 'event', deviceId: landing.id, event: 'alarm-cleared' },
          ] as const)
        : []),
      { atMs: 240_000, type: 'event', deviceId: gas.id, event: 'alarm-cleared' },
      { atMs: 420_000, type: 'event', deviceId: flat.id, event: 'alarm-cleared' },
    ];
  },
};

export default scenario;
