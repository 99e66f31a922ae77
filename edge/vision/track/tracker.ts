/**
 * Joins sightings to tracks by where each track expects its object next: consecutive boxes of a
 * falling object never overlap. One Kalman filter per axis with constant velocity and a free
 * acceleration, so that a ballistic fall, a drifting bag and a missed frame all stay within reach. What
 * comes into the picture faster than the verifier can tell begins from three sightings in a line.
 * In: sightings of one frame. Out: tracks that have ended.
 */
import type { Point } from '../look/candidates.ts';
import type { Sighting } from '../look/verify.ts';

export interface Hit {
  atMs: number;
  x: number;
  y: number;
  /** Pixels a frame, as the verifier sees it in the tile. */
  vx: number;
  vy: number;
  sizePx: number;
  probabilities: readonly number[];
  /** Grey levels by which it is brighter than what is behind it, and how bright that is. */
  contrast: number;
  behind: number;
}

export interface Track {
  id: number;
  hits: Hit[];
  /** Frames processed between the first and the last hit, both counted. */
  frames: number;
}

export interface Tracker {
  /** Where live tracks expect their objects at `atMs`, the surest first. */
  expected(atMs: number): Point[];
  /** `calm` is false while the whole picture changes its light: then no track may begin. */
  update(sightings: readonly Sighting[], frame: { atMs: number; calm: boolean }): Track[];
  /** Tracks that have not ended. */
  live(): Track[];
  flush(): Track[];
}

export interface TrackerOptions {
  width: number;
  height: number;
  /** Probability from which a sighting may begin a track. */
  startFrom: number;
}

/** A sighting below the starting threshold may still carry on a track that expected it. */
export const CARRY_ON_FROM = 0.15;
/** A track without a hit for this long has ended. */
const MISS_MS_MAX = 350;
const MISSED_FRAMES_MAX = 4;
/** The largest step: 70 px a frame at 1080p and 25 frames a second, in picture widths a second. */
const SPEED_MAX = (70 * 25) / 1920;
/** The same once a track has shown its speed: a near facade is passed twice as fast. */
const SPEED_MAX_KNOWN = 2 * SPEED_MAX;
/**
 * From so many pixels a frame on the verifier sees a thing leave its tile and cannot tell how fast. What it
 * left there is then nearer to where a track expects it than the thing itself …
 */
const FAST_STEP_PX = 10;
/** … so three sightings that would each begin a track are one, if they come straight down at one speed within so many frames … */
const FAST_FRAMES = 4;
const FAST_SIDEWAYS_MAX = 1;
const FAST_CHANGE_MAX = 0.2;
/** … and the verifier says so too: its velocities together point that way, as a cosine, and are so many pixels a frame on average. */
const FAST_AGREEMENT_MIN = 0.8;
const FAST_HINT_MIN = 3;
/** Spread of the acceleration: gravity on a four-storey facade is about 1.1 picture heights a second². */
const ACCELERATION_SPREAD = 0.9;
/** Squared distance in spreads, both axes, within which a sighting may belong to a track. */
const REACH_SQUARED = 16;

interface Axis {
  position: number;
  velocity: number;
  /** Covariance: position, both, velocity. */
  pp: number;
  pv: number;
  vv: number;
}

interface Live {
  track: Track;
  x: Axis;
  y: Axis;
  atMs: number;
  frames: number;
  missed: number;
}

export function createTracker(options: TrackerOptions): Tracker {
  const largest = Math.max(options.width, options.height);
  let live: Live[] = [];
  /** Those that began with a lone sighting in the last few frames, whatever became of them. */
  let starts: Live[] = [];
  let nextId = 1;
  let lastAtMs: number | undefined;

  const begin = (sighting: Sighting, atMs: number, frameMs: number): Live => {
    const perSecond = 1000 / frameMs;
    return {
      track: { id: nextId++, hits: [toHit(sighting, atMs)], frames: 1 },
      x: beginAxis(sighting.x, sighting.vx * perSecond, { sizePx: sighting.sizePx, perSecond }),
      y: beginAxis(sighting.y, sighting.vy * perSecond, { sizePx: sighting.sizePx, perSecond }),
      atMs,
      frames: 1,
      missed: 0,
    };
  };

  /** The sighting and two that began tracks before it, as one track in the place of theirs. */
  const beginFast = (sighting: Sighting, atMs: number, frameMs: number): Live | undefined => {
    const last = toHit(sighting, atMs);
    const line = lineTo(last, starts, { frameMs, stepMax: SPEED_MAX_KNOWN * largest * (frameMs / 1000) });
    if (!line) return undefined;
    live = live.filter((entry) => !line.includes(entry));
    starts = starts.filter((entry) => !line.includes(entry));
    const hits = [...line.map(firstHit), last];
    const [first] = hits as [Hit, ...Hit[]];
    const seconds = (atMs - first.atMs) / 1000;
    const noise = centreSpread(last.sizePx) ** 2;
    const axis = (from: number, to: number): Axis => ({
      position: to,
      velocity: (to - from) / seconds,
      pp: noise,
      pv: noise / seconds,
      vv: (2 * noise) / seconds ** 2,
    });
    const frames = Math.max(hits.length, Math.round((atMs - first.atMs) / frameMs) + 1);
    return {
      track: { id: nextId++, hits, frames },
      x: axis(first.x, last.x),
      y: axis(first.y, last.y),
      atMs,
      frames,
      missed: 0,
    };
  };

  const ended = (entry: Live, atMs: number): boolean => {
    const lateMs = atMs - entry.atMs;
    if (entry.missed > MISSED_FRAMES_MAX && lateMs > MISS_MS_MAX) return true;
    const seconds = lateMs / 1000;
    const x = entry.x.position + entry.x.velocity * seconds;
    const y = entry.y.position + entry.y.velocity * seconds;
    // A lone sighting is dropped early: most are noise, and each costs a tile a frame.
    const patience = entry.track.hits.length === 1 ? 3 : MISSED_FRAMES_MAX + 20;
    const margin = largest * 0.05;
    const outside = x < -margin || y < -margin || x > options.width + margin || y > options.height + margin;
    return entry.missed > patience || (outside && entry.missed > 1);
  };

  return {
    expected(atMs) {
      return [...live]
        .sort((a, b) => b.track.hits.length - a.track.hits.length)
        .map((entry) => {
          const seconds = (atMs - entry.atMs) / 1000;
          return {
            x: entry.x.position + entry.x.velocity * seconds,
            y: entry.y.position + entry.y.velocity * seconds,
          };
        })
        .filter((point) => point.x >= 0 && point.y >= 0 && point.x < options.width && point.y < options.height);
    },

    update(sightings, { atMs, calm }) {
      const frameMs = Math.max(1, lastAtMs === undefined ? 40 : atMs - lastAtMs);
      lastAtMs = atMs;
      const used = new Set<Sighting>();
      for (const pair of pairs(live, { sightings, atMs, largest })) {
        if (used.has(pair.sighting) || pair.entry.atMs === atMs) continue;
        used.add(pair.sighting);
        follow(pair.entry, { sighting: pair.sighting, atMs, height: options.height });
      }
      for (const entry of live) {
        entry.frames += 1;
        entry.missed = entry.atMs === atMs ? 0 : entry.missed + 1;
        if (entry.missed === 0) entry.track.frames = entry.frames;
      }
      const over = live.filter((entry) => ended(entry, atMs));
      live = live.filter((entry) => !over.includes(entry));
      starts = starts.filter((entry) => atMs - firstHit(entry).atMs <= FAST_FRAMES * frameMs);
      const fresh = sightings.filter((sighting) => !used.has(sighting) && sighting.thrown >= options.startFrom);
      for (const sighting of calm ? fresh : []) {
        const entry = beginFast(sighting, atMs, frameMs) ?? begin(sighting, atMs, frameMs);
        live.push(entry);
        if (entry.track.hits.length === 1) starts.push(entry);
      }
      return over.map((entry) => entry.track);
    },

    live: () => live.map((entry) => entry.track),

    flush() {
      const rest = live.map((entry) => entry.track);
      live = [];
      starts = [];
      lastAtMs = undefined;
      return rest;
    },
  };
}

export function toHit(sighting: Sighting, atMs: number): Hit {
  const { x, y, vx, vy, sizePx, probabilities, contrast, behind } = sighting;
  return { atMs, x, y, vx, vy, sizePx, probabilities, contrast, behind };
}

/** The verifier's velocity is a hint: the faster it says, the less it is sure. */
function beginAxis(position: number, velocity: number, of: { sizePx: number; perSecond: number }): Axis {
  const spread = Math.abs(velocity) * 0.5 + 4 * of.perSecond;
  return { position, velocity, pp: centreSpread(of.sizePx) ** 2, pv: 0, vv: spread ** 2 };
}

/** Pixels by which the verifier errs about the centre of a thing of that size. */
export function centreSpread(sizePx: number): number {
  return 1.5 + 0.12 * Math.max(0, sizePx);
}

/** Two starts that lie with the sighting on one line downwards, passed at one speed; the straightest such line. */
function lineTo(
  last: Hit,
  starts: readonly Live[],
  of: { frameMs: number; stepMax: number },
): readonly Live[] | undefined {
  const velocity = (from: Hit, to: Hit) => {
    const frames = (to.atMs - from.atMs) / of.frameMs;
    return { x: (to.x - from.x) / frames, y: (to.y - from.y) / frames };
  };
  let best: { line: readonly Live[]; change: number } | undefined;
  for (const later of starts) {
    const second = firstHit(later);
    if (second.atMs >= last.atMs) continue;
    const late = velocity(second, last);
    const speed = Math.hypot(late.x, late.y);
    if (late.y < FAST_STEP_PX || Math.abs(late.x) > FAST_SIDEWAYS_MAX * late.y || speed > of.stepMax) continue;
    for (const earlier of starts) {
      const first = firstHit(earlier);
      if (first.atMs >= second.atMs) continue;
      const early = velocity(first, second);
      const change = Math.hypot(late.x - early.x, late.y - early.y);
      const allowed = 2 * centreSpread(last.sizePx) + FAST_CHANGE_MAX * speed;
      if (change > allowed || (best && change >= best.change)) continue;
      if (agrees([first, second, last], late)) best = { line: [earlier, later], change };
    }
  }
  return best?.line;
}

function firstHit({ track }: Live): Hit {
  return track.hits[0] as Hit;
}

/** True when the verifier too takes the hits for ones that move that way. */
function agrees(hits: readonly Hit[], way: { x: number; y: number }): boolean {
  const x = hits.reduce((sum, one) => sum + one.vx, 0) / hits.length;
  const y = hits.reduce((sum, one) => sum + one.vy, 0) / hits.length;
  const hint = Math.hypot(x, y);
  const along = (x * way.x + y * way.y) / (Math.hypot(way.x, way.y) * Math.max(1e-9, hint));
  return hint >= FAST_HINT_MIN && along >= FAST_AGREEMENT_MIN;
}

function predict(axis: Axis, seconds: number, acceleration: number): Axis {
  const noise = acceleration ** 2;
  return {
    position: axis.position + axis.velocity * seconds,
    velocity: axis.velocity,
    pp: axis.pp + 2 * seconds * axis.pv + seconds ** 2 * axis.vv + (noise * seconds ** 4) / 4,
    pv: axis.pv + seconds * axis.vv + (noise * seconds ** 3) / 2,
    vv: axis.vv + noise * seconds ** 2,
  };
}

function correct(axis: Axis, measured: number, variance: number): Axis {
  const gain = axis.pp / (axis.pp + variance);
  const gainVelocity = axis.pv / (axis.pp + variance);
  const surprise = measured - axis.position;
  return {
    position: axis.position + gain * surprise,
    velocity: axis.velocity + gainVelocity * surprise,
    pp: (1 - gain) * axis.pp,
    pv: (1 - gain) * axis.pv,
    vv: axis.vv - gainVelocity * axis.pv,
  };
}

interface Pair {
  entry: Live;
  sighting: Sighting;
  cost: number;
}

/** Every pair within reach, the best first: long tracks and likely sightings are preferred. */
function pairs(
  live: readonly Live[],
  frame: { sightings: readonly Sighting[]; atMs: number; largest: number },
): Pair[] {
  const found: Pair[] = [];
  for (const entry of live) {
    const seconds = (frame.atMs - entry.atMs) / 1000;
    const acceleration = ACCELERATION_SPREAD * frame.largest * 0.6;
    const x = predict(entry.x, seconds, acceleration);
    const y = predict(entry.y, seconds, acceleration);
    const last = entry.track.hits.at(-1);
    const speedMax = entry.track.hits.length < 3 ? SPEED_MAX : SPEED_MAX_KNOWN;
    const stepMax = speedMax * frame.largest * seconds * 1.3 + 8;
    for (const sighting of frame.sightings) {
      if (sighting.thrown < CARRY_ON_FROM) continue;
      if (last && Math.hypot(sighting.x - last.x, sighting.y - last.y) > stepMax) continue;
      const noise = centreSpread(sighting.sizePx) ** 2;
      const distance =
        (sighting.x - x.position) ** 2 / (x.pp + noise) + (sighting.y - y.position) ** 2 / (y.pp + noise);
      if (distance > REACH_SQUARED) continue;
      const cost = distance - 2 * Math.log(sighting.thrown) - Math.log(entry.track.hits.length);
      found.push({ entry, sighting, cost });
    }
  }
  return found.sort((a, b) => a.cost - b.cost);
}

function follow(entry: Live, seen: { sighting: Sighting; atMs: number; height: number }): void {
  const { sighting, atMs } = seen;
  const seconds = (atMs - entry.atMs) / 1000;
  const noise = centreSpread(sighting.sizePx) ** 2;
  const acceleration = ACCELERATION_SPREAD * seen.height;
  entry.x = correct(predict(entry.x, seconds, acceleration * 0.6), sighting.x, noise);
  entry.y = correct(predict(entry.y, seconds, acceleration), sighting.y, noise);
  entry.atMs = atMs;
  entry.track.hits.push(toHit(sighting, atMs));
}
