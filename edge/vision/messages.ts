/** What the gateway's supervisor, the vision process and its workers say to each other. */
import type { CameraOptions } from '../../core/camera-options.ts';
import type { Disturbance } from './disturbances.ts';
import type { Verdict } from './judge/nuisance.ts';
import type { Strides, WorkerLoad } from './stride-plan.ts';

export interface CameraSpec {
  deviceId: string;
  options: CameraOptions;
}

export interface CameraState {
  deviceId: string;
  state: 'running' | 'connecting' | 'frozen' | 'blocked' | 'failed';
  /** Frames a second that arrive. */
  fps: number;
  /** Share of them that was not looked at because cores ran out, 0 to 1. */
  skippedShare: number;
  /** Frames since the camera began: looked at, and not. */
  frames: { looked: number; skipped: number };
  brightnessPercent: number;
  blocked: boolean;
  /** What the whole picture went through in the last seconds: falls were found less surely, or not at all. */
  disturbed?: Disturbance['type'];
  disturbances: Disturbance[];
  /** How many times likelier a fall must be than where nothing is nearly taken for one: 1 to 20. */
  caution: number;
  /** Why it is not running, in one line. */
  reason?: string;
}

export interface EvidenceFile {
  type: 'picture' | 'clip' | 'track';
  mime: string;
  /** Absolute; whoever gets it owns the file. */
  path: string;
}

/** Answer to an order for a picture: the file and when it was seen, or why there is none. */
export interface TakenPicture {
  deviceId: string;
  /** Of the order. */
  id: string;
  picture?: EvidenceFile & { at: number };
  reason?: string;
}

export interface FallFields {
  /** Of a fall that was told before its end: the same when it is told again, complete. */
  fallId?: string;
  confidence: number;
  /** First and last sight, epoch ms. */
  startAt: number;
  endAt: number;
  floor?: number;
  unit?: string;
  places?: { floor: number; unit: string; probability: number }[];
  /** No window of origin was found, or the likeness is weak: told, with less weight. */
  suspected: boolean;
  track: { at: number; x: number; y: number }[];
}

/** A sure fall comes twice: while it lasts, without evidence, and when it is complete. */
export interface VisionEvent {
  deviceId: string;
  /** Epoch ms of the last sight; of a fall that is told again never less than before. */
  at: number;
  fields: FallFields;
  evidence: EvidenceFile[];
}

/** What arrives later for an event: the picture when it is drawn, the clip with the seconds after the fall. */
export interface LateEvidence {
  deviceId: string;
  /** The `at` of the event of the complete fall. */
  at: number;
  evidence: EvidenceFile[];
}

interface Said {
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, string | number | boolean>;
}

/** To the vision process. */
export type Order =
  | { type: 'cameras'; cameras: CameraSpec[] }
  | { type: 'frame'; deviceId: string; jpeg: Uint8Array }
  | { type: 'verdict'; deviceId: string; verdict: Verdict }
  | { type: 'picture'; deviceId: string; id: string }
  | { type: 'stop' };

/** To a worker: the same, and how often it may look. Strides are answered with the load. */
export type WorkerOrder = Order | { type: 'strides'; strides: Strides };

/** From the vision process. */
export type News =
  | { type: 'ready' }
  | { type: 'alive' }
  | { type: 'event'; event: VisionEvent }
  | { type: 'late-evidence'; late: LateEvidence }
  | { type: 'picture'; taken: TakenPicture }
  | { type: 'state'; state: CameraState }
  | { type: 'said'; said: Said }
  | { type: 'stopped' };

/** From a worker; all but its load goes on to the supervisor. */
export type WorkerNews = News | { type: 'load'; load: WorkerLoad };
