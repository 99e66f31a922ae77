import { describe, expect, test } from 'vitest';
import { judge } from '../../../edge/vision/accept.ts';
import { createFallCollector } from '../../../edge/vision/falls.ts';
import { createTracker, type Track } from '../../../edge/vision/tracker.ts';
import type { Sighting } from '../../../edge/vision/verify.ts';
import { seededRandom } from '../../../simulators/random.ts';

const FPS = 25;
const SIZE = { width: 1920, height: 1080 };

function sighting(x: number, y: number, more: Partial<Sighting> = {}): Sighting {
  return { x, y, vx: 0, vy: 0, sizePx: 8, thrown: 0.9, probabilities: [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], ...more };
}

/** Runs a path (pixels by frame; undefined where nothing was seen) through a tracker. */
function run(
  path: (frame: number) => Sighting[],
  frames: number,
  picture = SIZE,
  fps = FPS,
): { tracks: Track[]; longest: Track } {
  const tracker = createTracker({ ...picture, startFrom: 0.5 });
  const tracks: Track[] = [];
  for (let frame = 0; frame < frames; frame++)
    tracks.push(...tracker.update(path(frame), { atMs: (frame * 1000) / fps, calm: true }));
  tracks.push(...tracker.flush());
  const longest = [...tracks].sort((a, b) => b.hits.length - a.hits.length)[0];
  if (!longest) throw new Error('no track at all');
  return { tracks, longest };
}

const ALONE = { company: 0, alike: 0 };

describe('tracker', () => {
  test('follows a ballistic fall that ends at 70 pixels a frame', () => {
    const path = (frame: number) => {
      const y = 20 + 0.5 * 2.1 * frame * frame;
      return y < 1080 ? [sighting(900 + frame, y, { vy: 2.1 * frame, vx: 1 })] : [];
    };
    const { longest } = run(path, 60);
    expect(longest.hits.length).toBeGreaterThanOrEqual(30);
    expect(judge(longest, { ...SIZE, crowd: () => ALONE }).accepted).toBe(true);
  });

  test('follows a light thing at one to three pixels a frame that is often not seen', () => {
    const random = seededRandom('light');
    const path = (frame: number) =>
      random.chance(0.6) ? [sighting(400 - frame * 2, 100 + frame * 2.6, { vy: 2.6, vx: -2, sizePx: 5 })] : [];
    const { longest } = run(path, 150);
    expect(longest.hits.length).toBeGreaterThanOrEqual(70);
    expect(judge(longest, { ...SIZE, crowd: () => ALONE }).accepted).toBe(true);
  });

  test('bridges eight missed frames of an accelerating fall', () => {
    const path = (frame: number) => {
      const hidden = frame >= 14 && frame < 20;
      return hidden ? [] : [sighting(500, 30 + 0.5 * 1.6 * frame * frame, { vy: 1.6 * frame })];
    };
    const { longest } = run(path, 34);
    expect(longest.hits).toHaveLength(28);
  });

  test('works the same at 640×360 and 12.5 frames a second', () => {
    const path = (frame: number) => {
      const y = 30 + 0.5 * 1.55 * frame * frame;
      return y < 360 ? [sighting(300, y, { vy: 1.55 * frame, sizePx: 4 })] : [];
    };
    const picture = { width: 640, height: 360 };
    const { longest } = run(path, 40, picture, 12.5);
    expect(longest.hits.length).toBeGreaterThanOrEqual(20);
    expect(judge(longest, { ...picture, crowd: () => ALONE }).accepted).toBe(true);
  });

  test('keeps two objects apart whose paths cross', () => {
    const path = (frame: number) => [
      sighting(300 + frame * 10, 100 + frame * 20, { vx: 10, vy: 20 }),
      sighting(700 - frame * 10, 100 + frame * 20, { vx: -10, vy: 20 }),
    ];
    const { tracks } = run(path, 40);
    const long = tracks.filter((track) => track.hits.length >= 35);
    expect(long).toHaveLength(2);
    for (const track of long) {
      const steps = track.hits.slice(1).map((hit, index) => Math.sign(hit.x - (track.hits[index]?.x ?? 0)));
      expect(new Set(steps).size).toBe(1);
    }
  });

  test('makes no fall out of sightings at random places', () => {
    const random = seededRandom('noise');
    const path = () =>
      Array.from({ length: 6 }, () =>
        sighting(random.between(0, 1920), random.between(0, 1080), { vy: random.between(-20, 20) }),
      );
    const { tracks } = run(path, 300);
    expect(
      tracks.filter((track) => judge(track, { ...SIZE, crowd: () => ({ company: 3, alike: 0 }) }).accepted),
    ).toEqual([]);
  });

  test('begins no track while the whole picture moves', () => {
    const tracker = createTracker({ ...SIZE, startFrom: 0.5 });
    tracker.update([sighting(100, 100)], { atMs: 0, calm: false });
    expect(tracker.expected(40)).toEqual([]);
  });
});

describe('judgement', () => {
  const along = (point: (frame: number) => [number, number], frames: number, thrown = 0.9): Track => ({
    id: 1,
    frames,
    hits: Array.from({ length: frames }, (_, frame) => {
      const [x, y] = point(frame);
      const rest = (1 - thrown) / 5;
      return { atMs: frame * 40, x, y, sizePx: 8, probabilities: [thrown, rest, rest, rest, rest, rest] };
    }),
  });
  const reason = (track: Track, crowd = ALONE) => {
    const judgement = judge(track, { ...SIZE, crowd: () => crowd });
    return judgement.accepted ? 'accepted' : judgement.reason;
  };

  test('refuses what moves sideways, upwards, slowly or only a little', () => {
    expect(reason(along((frame) => [100 + frame * 20, 100 + frame * 6], 40))).toBe('sideways');
    expect(reason(along((frame) => [100, 900 - frame * 10], 40))).toBe('short-drop');
    expect(reason(along((frame) => [100, 100 + frame * 1], 200))).toBe('slow');
    expect(reason(along((frame) => [100, 100 + frame * 10], 10))).toBe('short-drop');
    expect(reason(along((frame) => [100, 100 + frame * 100], 4))).toBe('few-hits');
  });

  test('refuses a leaf that swings and a bird that pulls out of its dive', () => {
    expect(reason(along((frame) => [500 + Math.sin(frame / 3) * 60, 100 + frame * 5], 100))).toBe('not-smooth');
    expect(reason(along((frame) => [500 + frame * 4, 100 + 400 * (1 - Math.exp(-frame / 12))], 60))).toBe('brakes');
  });

  test('refuses what the verifier does not believe, and a drop in a crowd of drops', () => {
    const fall = (thrown: number) => along((frame) => [500, 100 + frame * 15], 20, thrown);
    expect(reason(fall(0.2))).toBe('unlikely');
    expect(reason(fall(0.75))).toBe('accepted');
    expect(reason(fall(0.75), { company: 12, alike: 0 })).toBe('unlikely');
    expect(reason(fall(0.95), { company: 12, alike: 12 })).toBe('crowd');
  });

  test('asks for two floors instead of a share of the height on a calibrated camera', () => {
    const track = along((frame) => [500, 100 + frame * 10], 12);
    expect(judge(track, { ...SIZE, crowd: () => ALONE }).accepted).toBe(false);
    expect(judge(track, { ...SIZE, crowd: () => ALONE, dropPxMin: 80 }).accepted).toBe(true);
  });
});

describe('a shower', () => {
  const fall = (id: number, from: { atMs: number; x: number }, stepPx: number): Track => ({
    id,
    frames: 30,
    hits: Array.from({ length: 30 }, (_, frame) => ({
      atMs: from.atMs + frame * 40,
      x: from.x,
      y: 20 + frame * stepPx,
      sizePx: 8,
      probabilities: [0.9, 0.02, 0.02, 0.02, 0.02, 0.02],
    })),
  });

  test('is no row of falls, and a thing that falls through it at a speed of its own is one', () => {
    const collector = createFallCollector(SIZE);
    const raisedBy = (track: Track) => {
      const endMs = track.hits.at(-1)?.atMs ?? 0;
      return [
        ...collector.add({ ended: [track], live: [] }, endMs + 200),
        ...collector.add({ ended: [], live: [] }, endMs + 1_000),
      ];
    };
    const drops = Array.from({ length: 40 }, (_, index) =>
      fall(index, { atMs: index * 1_500, x: 1 + (index % 4) * 480 }, 30),
    );
    const raised = drops.map((drop) => raisedBy(drop).length);
    expect(raised.slice(25)).toEqual(Array(15).fill(0));
    expect(raisedBy(fall(99, { atMs: 60_000, x: 900 }, 22))).toHaveLength(1);
  });
});
