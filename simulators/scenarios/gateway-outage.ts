/** A gateway loses the hub for ten minutes in which things happen; nothing may be lost. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '网关断网', en: 'Gateway cut off' },
  shows: {
    zh: '网关与平台断开十分钟，期间门禁被强行打开；恢复后数据补传，报警进入历史。',
    en: 'A gateway is cut off for ten minutes and a gate is forced meanwhile; then everything arrives, marked as history.',
  },
  durationMs: 13 * 60_000,
  steps(world, random) {
    const gate = deviceFor(world, random, { kind: 'access-gate' });
    return [
      { atMs: 0, type: 'cut', gatewayId: gate.gatewayId, forMs: 10 * 60_000 },
      { atMs: 120_000, type: 'event', deviceId: gate.id, event: 'forced-open' },
    ];
  },
};

export default scenario;
