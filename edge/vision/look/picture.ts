/**
 * What the picture as a whole does: a lens that is covered, a picture that stands still, a light
 * step, a shake. These are faults or weather of the camera, never a fall.
 * Looks at every eighth pixel of every eighth row; costs about a tenth of a millisecond at 1080p, and
 * the watch for shakes three times as much.
 */
import { createSwayWatch } from './sway.ts';

type PictureCondition = 'normal' | 'light-step' | 'shake' | 'frozen' | 'blocked';

export interface PictureState {
  condition: PictureCondition;
  brightnessPercent: number;
}

export interface PictureWatch {
  /** `atMs` must rise. */
  look(luma: Uint8Array, atMs: number): PictureState;
}

const STEP_PX = 8;
/** Encoders repeat a still scene exactly between two key frames, so a freeze needs longer than that. */
const FROZEN_AFTER_MS = 10_000;
const BLOCKED_AFTER_MS = 3_000;
/** A covered lens shows a small share of the edges that the camera used to see. */
const BLOCKED_DETAIL_SHARE = 0.2;
/** Grey levels by which the mean of the whole picture jumps when a light or the infrared filter switches. */
const LIGHT_STEP_LEVELS = 7;
/** Two of 360: less does not hinder the detector, and every mast has it. */
const SHAKE_BINS = 2;
/** Frames after a light step during which the gate still compares with what was before. */
const SETTLE_FRAMES = 11;
/** Between two turns of a shake the picture stands still for a moment. */
const SHAKE_FRAMES = 4;
const DETAIL_LEARN_SHARE = 0.002;

export function createPictureWatch(size: { width: number; height: number }): PictureWatch {
  const sample = new Uint8Array(Math.ceil(size.width / STEP_PX) * Math.ceil(size.height / STEP_PX));
  const sway = createSwayWatch(size);
  let looks = 0;
  let lastMean = 0;
  let stillSinceMs: number | undefined;
  let coveredSinceMs: number | undefined;
  let usualDetail = 0;
  let event: 'light-step' | 'shake' = 'shake';
  let settling = 0;

  return {
    look(luma, atMs) {
      const { mean, detail, changed } = measure(luma, size, sample);
      looks += 1;
      if (looks === 1 || changed) stillSinceMs = undefined;
      else stillSinceMs ??= atMs;
      const covered = usualDetail > 1 && detail < usualDetail * BLOCKED_DETAIL_SHARE;
      if (!covered) coveredSinceMs = undefined;
      else coveredSinceMs ??= atMs;
      if (!covered) usualDetail += (detail - usualDetail) * Math.max(DETAIL_LEARN_SHARE, 1 / looks);
      const step = looks > 1 && Math.abs(mean - lastMean) > LIGHT_STEP_LEVELS;
      lastMean = mean;
      const moved = sway.look(luma, atMs) >= SHAKE_BINS;
      if (step || moved) {
        event = step || (settling > 0 && event === 'light-step') ? 'light-step' : 'shake';
        settling = step ? SETTLE_FRAMES : Math.max(settling, SHAKE_FRAMES);
      } else settling = Math.max(0, settling - 1);
      const brightnessPercent = Math.round((mean / 255) * 1000) / 10;
      if (stillSinceMs !== undefined && atMs - stillSinceMs >= FROZEN_AFTER_MS)
        return { condition: 'frozen', brightnessPercent };
      if (coveredSinceMs !== undefined && atMs - coveredSinceMs >= BLOCKED_AFTER_MS)
        return { condition: 'blocked', brightnessPercent };
      return { condition: settling > 0 ? event : 'normal', brightnessPercent };
    },
  };
}

/** Mean level, mean difference to the next sample (detail), and whether any sample changed since the last look. */
function measure(
  luma: Uint8Array,
  size: { width: number; height: number },
  sample: Uint8Array,
): { mean: number; detail: number; changed: boolean } {
  let index = 0;
  let sum = 0;
  let edges = 0;
  let changed = false;
  for (let y = 0; y < size.height; y += STEP_PX) {
    let before = luma[y * size.width] as number;
    for (let x = 0; x < size.width; x += STEP_PX) {
      const value = luma[y * size.width + x] as number;
      if (value !== sample[index]) changed = true;
      sample[index++] = value;
      sum += value;
      edges += Math.abs(value - before);
      before = value;
    }
  }
  return { mean: sum / index, detail: edges / index, changed };
}
