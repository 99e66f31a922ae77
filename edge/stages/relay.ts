/** Relay: what was evaluated becomes entries on the lanes of the outbox. */
import type { Observation } from '../../core/reading.ts';
import type { LivenessChange } from '../device-states.ts';
import type { Packer } from '../outbox/packer.ts';
import type { Work } from '../outbox/work.ts';

/** What cannot go out now must not stand before what is said when the hub is back. */
export function relayTelemetry(columns: ReturnType<Packer['take']>, isLive: boolean, work: Work): void {
  for (const { entry, fromAt, toAt } of columns) work.send(isLive ? 'telemetry' : 'backlog', entry, { fromAt, toAt });
}

/** `id` is the same when a crash makes the event pass again. */
export function relayEvent(observation: Extract<Observation, { channel: 'event' }>, id: string, work: Work): void {
  const { deviceId, kind, communityId, at, receivedAt, quality, type, fields } = observation;
  work.send(
    'event',
    { type: 'event', id, deviceId, kind, communityId, at, receivedAt, quality, event: type, fields },
    { fromAt: at, toAt: at },
  );
}

export function relayLiveness({ device, liveness, lastSeenAt }: LivenessChange, at: number, work: Work): void {
  const { id, kind, communityId } = device;
  work.send(
    'event',
    { type: 'liveness', deviceId: id, kind, communityId, liveness, lastSeenAt, at },
    { fromAt: at, toAt: at },
  );
}
