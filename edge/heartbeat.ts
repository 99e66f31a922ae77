/** What the gateway says of itself every few seconds: to the hub, and to the panel in the guard booth. */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { type Heartbeat, LANES, type Lane } from '../core/envelope.ts';
import type { EdgeConfig } from './config.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DeviceStates } from './device-states.ts';
import type { MqttInput } from './inputs/mqtt.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { RuleSets } from './rule-sets.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';

export function createHeartbeat(parts: {
  config: EdgeConfig;
  version: string;
  clock: Clock;
  store: Store;
  outbox: Outbox;
  devices: DeviceStates;
  deadLetters: DeadLetters;
  ruleSets: RuleSets;
  settings: Settings;
  input: MqttInput;
  problems(): string[];
  cameras(): Heartbeat['cameras'];
}): () => Heartbeat {
  const { config, clock, store, outbox } = parts;
  const startedAt = clock.now();

  const backlogOf = (lane: Lane) => {
    const { nextSeq, ackedSeq, waitingBytes } = outbox.lane(lane);
    return { batches: nextSeq - 1 - ackedSeq, bytes: waitingBytes, oldestAt: outbox.oldestAt(lane) };
  };
  return () => {
    const states = [...parts.devices.states()];
    const problems = parts.problems();
    const cameras = parts.cameras();
    return {
      gatewayId: config.gateway.id,
      epoch: store.epoch,
      at: clock.now(),
      startedAt,
      version: parts.version,
      configVersion: versionOf({ ...config, ...parts.settings.current }),
      registryVersion: store.registry().version,
      rules: parts.ruleSets.report(),
      settings: parts.settings.report(),
      ...(problems.length > 0 ? { problems } : {}),
      backlog: Object.fromEntries(LANES.map((lane) => [lane, backlogOf(lane)])),
      evicted: LANES.reduce((sum, lane) => sum + outbox.lane(lane).evicted, 0),
      deadLetters: parts.deadLetters.count,
      devices: {
        known: states.length,
        online: states.filter((state) => state.liveness === 'online').length,
        connected: parts.input.counts.connected,
      },
      ...(cameras ? { cameras } : {}),
    };
  };
}

/** Two gateways with the same version run the same configuration. */
function versionOf(config: object): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 12);
}
