/** What a gateway is made with. */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { EdgeConfig } from './config.ts';
import type { Gbt26875Input } from './inputs/gbt26875.ts';
import type { MqttInput } from './inputs/mqtt.ts';
import type { VisionInput } from './inputs/vision.ts';
import type { OpcUaServer } from './opcua.ts';
import type { Relay } from './relay.ts';

export interface GatewayOptions {
  config: EdgeConfig;
  version: string;
  clock: Clock;
  log: Logger;
  newId: NewId;
  random: () => number;
  /** The file that `config` came from, to be read again when it changes. */
  configFile?: { path: string; env: Record<string, string | undefined> };
  /** Something that cannot be repaired from inside: the process has to end and be started again. */
  onFatal(error: Error): void;
}

/** Parts that start last; those that were there before them tell them what they know, once they are there. */
export interface LaterParts {
  input?: MqttInput;
  vision?: VisionInput | undefined;
  firePanels?: Gbt26875Input | undefined;
  opcua?: OpcUaServer | undefined;
  relay?: Relay | undefined;
}

/** Run in reverse order. */
export type Stops = (() => void | Promise<void>)[];
