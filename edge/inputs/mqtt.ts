/**
 * The MQTT input as the rest of the gateway sees it: starts the listener's thread and hands on what
 * it tells. The thread keeps messages on its own; this side learns of them as segments of the journal.
 */
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/clock.ts';
import type { RegisteredDevice } from '../../core/device.ts';
import { StartError } from '../../core/errors.ts';
import { type ListenerCounts, newListenerCounts } from '../counters.ts';
import { storeProblem } from '../disk-problem.ts';
import type { SegmentPlace } from '../journal.ts';
import type { JournalRecord } from '../segment.ts';
import type { FromListener, ListenerSetup, ToListener } from './mqtt-messages.ts';

export interface MqttInputOptions extends ListenerSetup {
  clock: Clock;
  log: Logger;
  onSegment(place: SegmentPlace): void;
  onFrame(deviceId: string, jpeg: Uint8Array): void;
  onCommandReady(deviceId: string): void;
  onCommandAcked(commandId: string): void;
  onConnections(deviceId: string, connections: number): void;
  /** The thread died: nothing is taken any more, so the process has to end. */
  onCrash(error: Error): void;
}

export interface MqttInput {
  readonly port: number;
  readonly counts: ListenerCounts;
  /** Why the journal takes nothing at the moment, if so. */
  readonly blocked: string | undefined;
  setRegistry(devices: RegisteredDevice[]): void;
  setLimits(limits: ListenerSetup['devices']['limits']): void;
  setClockAhead(aheadMs: number): void;
  sendCommand(deviceId: string, payload: string): void;
  /** Resolves when the records are on the disk. */
  keep(records: JournalRecord[]): Promise<void>;
  trim(segment: number): void;
  stop(): Promise<void>;
}

const STOP_MS_MAX = 8_000;
const YOUNG_MEGABYTE = 24;

export async function startMqttInput(options: MqttInputOptions): Promise<MqttInput> {
  const { clock, log, onSegment, onFrame, onCommandReady, onCommandAcked, onConnections, onCrash, ...setup } = options;
  const worker = new Worker(new URL('./mqtt-thread.ts', import.meta.url), {
    workerData: setup,
    name: 'mqtt',
    // Messages live for one flush of the disk: a young generation that holds them spares most of the collection.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTE },
  });
  const tell = (message: ToListener) => worker.postMessage(message);
  const tickets = new Map<number, () => void>();
  let nextTicket = 1;
  let stopping = false;
  const state = { port: 0, counts: newListenerCounts(), blocked: undefined as string | undefined };
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromListener) => {
      switch (message.type) {
        case 'listening':
          state.port = message.port;
          return resolve();
        case 'failed':
          return reject(startFailure(message.code, message.message, setup.devices));
        case 'head':
          return onSegment(message.place);
        case 'kept':
          tickets.get(message.ticket)?.();
          tickets.delete(message.ticket);
          return undefined;
        case 'frame':
          return onFrame(message.deviceId, message.jpeg);
        case 'connections':
          return onConnections(message.deviceId, message.connections);
        case 'command-ready':
          return onCommandReady(message.deviceId);
        case 'command-acked':
          return onCommandAcked(message.commandId);
        case 'counts':
          state.counts = message.counts;
          return undefined;
        case 'blocked':
          state.blocked = message.error;
          if (message.error)
            log.error(
              { problem: storeProblem(message.error) },
              'journal refused by the disk, no PUBACK until it takes it',
            );
          else log.info('journal takes messages again');
          return undefined;
        case 'certificate':
          log.warn(
            { subject: message.subject, expiresAt: message.expiresAt },
            'certificate of the listener expires soon',
          );
          return undefined;
      }
    });
    worker.once('error', (error) => {
      reject(error);
      if (!stopping) onCrash(error as Error);
    });
    worker.once('exit', (code) => {
      if (!stopping) onCrash(new Error(`the listener's thread ended with code ${code}`));
    });
  }).catch(async (error: unknown) => {
    stopping = true;
    await worker.terminate();
    throw error;
  });

  return {
    get port() {
      return state.port;
    },
    get counts() {
      return state.counts;
    },
    get blocked() {
      return state.blocked;
    },
    setRegistry: (devices) => tell({ type: 'registry', devices }),
    setLimits: (limits) => tell({ type: 'limits', limits }),
    setClockAhead: (aheadMs) => tell({ type: 'clock-ahead', aheadMs }),
    sendCommand: (deviceId, payload) => tell({ type: 'command', deviceId, payload }),
    keep(records) {
      const ticket = nextTicket++;
      tell({ type: 'keep', ticket, records });
      return new Promise((resolve) => tickets.set(ticket, resolve));
    },
    trim: (segment) => tell({ type: 'trim', segment }),
    async stop() {
      stopping = true;
      tell({ type: 'stop' });
      await Promise.race([exited, sleep(clock, STOP_MS_MAX)]);
      await worker.terminate();
    },
  };
}

function startFailure(code: string, message: string, devices: ListenerSetup['devices']): StartError {
  const { host, port } = devices;
  if (code === 'EADDRINUSE')
    return new StartError(
      `devices.port: port ${port} on ${host} is taken; set devices.port in the gateway's YAML file to a free one`,
    );
  if (code === 'EACCES')
    return new StartError(`devices.port: port ${port} needs more rights; set devices.port to one above 1023`);
  return new StartError(`devices.host, devices.port: cannot listen on ${host}:${port}: ${message}`);
}
