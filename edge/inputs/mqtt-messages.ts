/** What the main thread and the listener's thread say to each other. */
import type { RegisteredDevice } from '../../core/device.ts';
import type { EdgeConfig } from '../config.ts';
import type { ListenerCounts } from '../counters.ts';
import type { SegmentPlace } from '../journal.ts';
import type { JournalRecord } from '../segment.ts';

export interface ListenerSetup {
  journalFolder: string;
  /** The last evaluated segment. */
  after: number;
  /** What the journal holds. */
  places: SegmentPlace[];
  devices: EdgeConfig['devices'];
  registry: RegisteredDevice[];
  logLevel: string;
  /** How far the gateway's clock is ahead of the hub's, ms. */
  clockAheadMs: number;
}

export type ToListener =
  | { type: 'registry'; devices: RegisteredDevice[] }
  | { type: 'limits'; limits: EdgeConfig['devices']['limits'] }
  | { type: 'clock-ahead'; aheadMs: number }
  | { type: 'command'; deviceId: string; payload: string }
  /** Keeps records that did not come over MQTT (the gateway's own detector); answered by `kept`. */
  | { type: 'keep'; ticket: number; records: JournalRecord[] }
  | { type: 'trim'; segment: number }
  | { type: 'stop' };

export type FromListener =
  | { type: 'listening'; port: number }
  | { type: 'failed'; code: string; message: string }
  /** A segment is on the disk. */
  | { type: 'head'; place: SegmentPlace }
  | { type: 'kept'; ticket: number }
  | { type: 'frame'; deviceId: string; jpeg: Uint8Array }
  | { type: 'connections'; deviceId: string; connections: number }
  /** The device listens on its command topic. */
  | { type: 'command-ready'; deviceId: string }
  | { type: 'command-acked'; commandId: string }
  | { type: 'counts'; counts: ListenerCounts }
  | { type: 'blocked'; error: string | undefined }
  | { type: 'certificate'; expiresAt: number; subject: string };
