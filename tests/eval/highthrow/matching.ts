// Compares the detector's events with what a clip really holds. Pure.

/** One fall: [frame, x, y] from first to last sight, frames from 0. */
export interface Fall {
  id: string;
  track: readonly (readonly [frame: number, x: number, y: number])[];
  /** Its mirror image in glass, which may be what an event followed. */
  mirrored: readonly (readonly [frame: number, x: number, y: number])[];
  sizePx: number;
  contrast: number;
  /** day, dusk, night or infrared. */
  light: string;
  /** Paper, bags, cloth: what drifts, and hurts nobody. */
  drifts: boolean;
  floor: number | undefined;
}

export interface DetectedEvent {
  startMs: number;
  endMs: number;
  confidence: number;
  track: { atMs: number; x: number; y: number }[];
  floor?: number | undefined;
}

export interface Match {
  fall: Fall;
  /** The first event of this fall; undefined when it was missed. */
  event: DetectedEvent | undefined;
  /** Shared time over joint time, 0 when missed. */
  overlap: number;
}

/** Frames by which an event may miss a fall's time and still be its event, as in the ground truth's rule. */
const FRAMES_BEFORE = 10;
const FRAMES_AFTER = 25;

/**
 * Gives each fall the event that shares most time with it. What is left over is a false alarm, a second
 * event of the same fall and its reflection included. With `nearPx` an event must also pass near the fall
 * (or its mirror image), which matters where falls overlap in time.
 */
export function matchEvents(options: {
  falls: readonly Fall[];
  events: readonly DetectedEvent[];
  fps: number;
  nearPx: number | undefined;
}): { matches: Match[]; falseAlarms: DetectedEvent[] } {
  const { falls, events, fps, nearPx } = options;
  const left = new Set(events);
  const matches = falls.map((fall): Match => {
    const [startMs, endMs] = spanMs(fall, fps);
    let best: DetectedEvent | undefined;
    let overlap = -1;
    for (const event of left) {
      const near = nearPx === undefined || distance(event, fall, fps) <= nearPx;
      const inTime =
        event.endMs >= startMs - (FRAMES_BEFORE * 1000) / fps && event.startMs <= endMs + (FRAMES_AFTER * 1000) / fps;
      if (!near || !inTime) continue;
      const shared = Math.max(0, Math.min(endMs, event.endMs) - Math.max(startMs, event.startMs));
      const joint = Math.max(endMs, event.endMs) - Math.min(startMs, event.startMs);
      const share = joint > 0 ? shared / joint : 0;
      if (share > overlap) [best, overlap] = [event, share];
    }
    if (best) left.delete(best);
    return { fall, event: best, overlap: Math.max(0, overlap) };
  });
  return { matches, falseAlarms: [...left] };
}

function spanMs(fall: Fall, fps: number): [number, number] {
  const first = fall.track[0]?.[0] ?? 0;
  const last = fall.track.at(-1)?.[0] ?? first;
  return [(first * 1000) / fps, (last * 1000) / fps];
}

/** Median distance in pixels between an event's points and the fall, or its reflection, at the same time. */
function distance(event: DetectedEvent, fall: Fall, fps: number): number {
  const gaps = [fall.track, fall.mirrored].map((track) => {
    const byFrame = new Map(track.map(([frame, x, y]) => [frame, { x, y }]));
    const found = event.track.flatMap((point) => {
      const frame = Math.round((point.atMs * fps) / 1000);
      // A decoder may count its first frame differently by one.
      const near = [frame, frame - 1, frame + 1].map((f) => byFrame.get(f)).filter((spot) => spot !== undefined);
      return near.length ? [Math.min(...near.map((spot) => Math.hypot(point.x - spot.x, point.y - spot.y)))] : [];
    });
    found.sort((a, b) => a - b);
    return found[Math.floor(found.length / 2)] ?? Number.POSITIVE_INFINITY;
  });
  return Math.min(...gaps);
}
