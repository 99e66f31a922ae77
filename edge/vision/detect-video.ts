/**
 * The detector over one recording or stream, as the command line and the evaluation call it.
 * In: a video file, a stream's address or a folder of images. Out: the report of the contract.
 */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Mask, Zone } from '../../core/camera-options.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Calibration, mapFacade } from '../../core/facade.ts';
import { loadModel, type Model } from '../../models/run.ts';
import { createDetector, type Detector } from './detector.ts';
import { keepCodec, type PacketCodec } from './evidence/clip.ts';
import type { FootageRing } from './evidence/footage-ring.ts';
import { openImages } from './sources/images.ts';
import { openMjpegSource } from './sources/mjpeg.ts';
import { type Source, SourceError, withoutSecret } from './sources/source.ts';
import { openVideo, type VideoSource } from './sources/video.ts';
import type { Fall } from './track/merge.ts';

export const MODEL_FOLDER = fileURLToPath(new URL('../../models/highthrow/', import.meta.url));

export interface DetectOptions {
  /** The model to use, when the caller has it open already. */
  model?: Model;
  masks?: readonly Mask[];
  zones?: readonly Zone[];
  /** Corners of the facade: falls are then judged in metres too. */
  calibration?: Calibration;
  /** Frames a second of a folder of images. */
  imagesFps?: number;
  /** Stops cleanly, with what was found until then. */
  signal?: AbortSignal;
  onProgress?: (frames: number, framesExpected: number | undefined) => void;
  /** Takes what was read, compressed, at the times of the report: a stream cannot be read again. */
  recording?: Recording;
  clock?: Clock;
}

export interface Recording {
  footage: FootageRing;
  codec: PacketCodec | undefined;
}

export interface DetectEvent {
  startMs: number;
  endMs: number;
  confidence: number;
  track: { atMs: number; x: number; y: number }[];
}

export interface DetectReport {
  source: string;
  width: number;
  height: number;
  fps: number;
  frames: number;
  events: DetectEvent[];
  timing: { msPerFrameP50: number; msPerFrameP99: number; framesPerSecond: number };
}

const IMAGES_FPS = 25;

/** Throws SourceError when the input cannot be read. */
export async function detectVideo(input: string, options: DetectOptions = {}): Promise<DetectReport> {
  const clock = options.clock ?? systemClock;
  const { recording } = options;
  const source = await openSource(input, options, clock);
  try {
    if (recording && 'stream' in source) recording.codec = keepCodec(source.stream);
    const model = options.model ?? (await loadModel(MODEL_FOLDER));
    const run = await runDetector(source, { ...options, model }, clock);
    if (run.frames === 0) throw new SourceError(`${input}: not one picture could be decoded; is the file complete?`);
    return {
      source: withoutSecret(input),
      width: source.width,
      height: source.height,
      fps: rounded(source.fps, 3),
      frames: run.frames,
      events: run.falls.map(toEvent),
      timing: timingOf(run.spansMs),
    };
  } finally {
    await source.close();
  }
}

/** True of what can be read only once, while it happens. */
export function isStream(input: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(input);
}

export async function openSource(input: string, options: DetectOptions, clock: Clock): Promise<Source | VideoSource> {
  const video = { clock, signal: options.signal, keepPackets: options.recording !== undefined };
  if (/^https?:\/\//i.test(input)) return (await openMjpegSource(input, video)) ?? openVideo(input, video);
  if (/^rtsps?:\/\//i.test(input)) return openVideo(input, video);
  if (isStream(input))
    throw new SourceError(`${input}: unknown kind of address; use rtsp://, rtsps://, http://, https:// or a path`);
  const found = await stat(input).catch(() => undefined);
  if (!found) throw new SourceError(`${input}: no such file or folder`);
  if (found.isDirectory()) return openImages(input, options.imagesFps ?? IMAGES_FPS);
  if (found.size === 0) throw new SourceError(`${input}: the file is empty`);
  return openVideo(input, video);
}

interface Run {
  frames: number;
  falls: Fall[];
  spansMs: number[];
}

async function runDetector(source: Source, options: DetectOptions & { model: Model }, clock: Clock): Promise<Run> {
  const run: Run = { frames: 0, falls: [], spansMs: [] };
  let detector: Detector | undefined;
  let before = clock.monotonic();
  for await (const picture of source.pictures()) {
    const { width, height, atMs } = picture;
    for (const compressed of picture.compressed) options.recording?.footage.push({ atMs, compressed });
    if (!detector || detector.width !== width || detector.height !== height) {
      // A stream may change its resolution; tracks do not survive that.
      if (detector) run.falls.push(...detector.flush());
      const { model, masks, zones, calibration } = options;
      const facade = calibration && mapFacade(calibration, picture);
      detector = createDetector({ model, width, height, masks, zones, facade });
    }
    picture.copyLuma(detector.nextLuma());
    run.falls.push(...(await detector.push(atMs)).complete);
    run.frames += 1;
    const now = clock.monotonic();
    run.spansMs.push(now - before);
    before = now;
    options.onProgress?.(run.frames, source.framesExpected);
    if (options.signal?.aborted) break;
  }
  if (detector) run.falls.push(...detector.flush());
  return run;
}

export function toEvent({ track, confidence }: Fall): DetectEvent {
  const points = track.hits.map((hit) => ({ atMs: Math.round(hit.atMs), x: rounded(hit.x, 1), y: rounded(hit.y, 1) }));
  return {
    startMs: points[0]?.atMs ?? 0,
    endMs: points.at(-1)?.atMs ?? 0,
    confidence: rounded(confidence, 3),
    track: points,
  };
}

function timingOf(spansMs: readonly number[]): DetectReport['timing'] {
  const sorted = [...spansMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const totalMs = spansMs.reduce((sum, span) => sum + span, 0);
  return {
    msPerFrameP50: rounded(at(0.5), 2),
    msPerFrameP99: rounded(at(0.99), 2),
    framesPerSecond: rounded((spansMs.length * 1000) / Math.max(1, totalMs), 1),
  };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
