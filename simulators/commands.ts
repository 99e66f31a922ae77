/** What the simulated devices do when told: the steps that follow, or a refusal. */
import type { Device } from '../core/device.ts';
import type { Step } from './scenario.ts';

/** Kind → command → what happens, counted from now. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, (deviceId: string) => Step[]>>>> = {
  'access-gate': {
    open: (deviceId) => [
      { atMs: 0, type: 'hold', deviceId, fields: { doorOpen: true, locked: false }, forMs: 6_000 },
      {
        atMs: 0,
        type: 'event',
        deviceId,
        event: 'pass',
        fields: { method: 'remote', result: 'granted', direction: 'in' },
      },
    ],
    lock: () => [],
  },
  'smoke-detector': {
    test: (deviceId) => [{ atMs: 500, type: 'event', deviceId, event: 'test' }],
    mute: (deviceId) => [{ atMs: 0, type: 'event', deviceId, event: 'muted' }],
  },
  'manual-call-point': { reset: (deviceId) => [{ atMs: 0, type: 'event', deviceId, event: 'reset' }] },
};

/** Throws with a line for the operator when the kind does not know the command. */
export function obey(device: Device, command: string): Step[] {
  const act = COMMANDS[device.kind]?.[command];
  if (!act) throw new Error(`a ${device.kind} does not know the command ${JSON.stringify(command)}`);
  return act(device.id);
}
