import { describe, expect, test } from 'vitest';
import { type Around, judge } from '../../../../edge/vision/judge/accept.ts';
import { type BegunFall, type CompleteFall, createEarlyTeller } from '../../../../edge/vision/judge/early.ts';
import { belongsTo, createFallCollector } from '../../../../edge/vision/judge/falls.ts';
import type { Sighting } from '../../../../edge/vision/look/verify.ts';
import { createTracker, type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { seededRandom } from '../../../../simulators/random.ts';
import { BELIEVING, sighting } from '../sightings.ts';

const FPS = 25;
const SIZE = { width: 1920, height: 1080 };

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

/** A frame in which nothing was seen and no track ended. */
const NOTHING = { sightings: [], activeShare: 0, ended: [], live: [] };
const ALONE = { company: 0, alike: 0 };

function amid(crowd: { company: number; alike: number }): Around {
  const clutter = { sightings: 0, likely: 0, activeShare: 0, comingBack: 0 };
  return { crowd: () => crowd, clutter: () => clutter, life: () => ({ before: [], after: [] }), nuisance: () => 0 };
}

describe('tracker', () => {
  test('follows a ballistic fall that ends at 70 pixels a frame', () => {
    const path = (frame: number) => {
      const y = 20 + 0.5 * 2.1 * frame * frame;
      return y < 1080 ? [sighting(900 + frame, y, { vy: 2.1 * frame, vx: 1 })] : [];
    };
    const { longest } = run(path, 60);
    expect(longest.hits.length).toBeGreaterThanOrEqual(30);
    expect(judge(longest, { ...SIZE, judge: BELIEVING, around: amid(ALONE) }).accepted).toBe(true);
  });

  test('follows a light thing at one to three pixels a frame that is often not seen', () => {
    const random = seededRandom('light');
    const path = (frame: number) =>
      random.chance(0.6) ? [sighting(400 - frame * 2, 100 + frame * 2.6, { vy: 2.6, vx: -2, sizePx: 5 })] : [];
    const { longest } = run(path, 150);
    expect(longest.hits.length).toBeGreaterThanOrEqual(70);
    expect(judge(longest, { ...SIZE, judge: BELIEVING, around: amid(ALONE) }).accepted).toBe(true);
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
    expect(judge(longest, { ...picture, judge: BELIEVING, around: amid(ALONE) }).accepted).toBe(true);
  });

  describe('what comes into the picture faster than the verifier can tell', () => {
    const picture = { width: 640, height: 368 };
    const step = 33;
    /** What the verifier sees: the thing with a velocity of a few pixels, and for some frames what it left in each place. */
    const path = (hint: { vx: number; vy: number }) => (frame: number) => {
      const at = (when: number) => sighting(530 - when, 5 + when * step, { ...hint, thrown: 0.8, sizePx: 8 });
      const left = Array.from({ length: Math.min(6, frame) }, (_, back) => at(frame - 1 - back));
      return [at(frame), ...left.map((one) => ({ ...one, y: one.y + 4, vx: 0.5, vy: 0.3, thrown: 0.55 }))].filter(
        ({ y }) => y < picture.height,
      );
    };

    test('is followed from its first sight on, not what it left behind', () => {
      const { tracks } = run(path({ vx: -0.5, vy: 7 }), 11, picture);
      const falls = tracks.filter(({ hits }) => (hits.at(-1)?.y ?? 0) - (hits[0]?.y ?? 0) > 200);
      expect(falls).toHaveLength(1);
      expect(falls[0]?.hits.map(({ y }) => y)).toEqual(Array.from({ length: 11 }, (_, frame) => 5 + frame * step));
      expect(falls[0]?.frames).toBe(11);
    });

    test('is no such thing when the verifier takes it for one that flies another way or stands still', () => {
      for (const hint of [
        { vx: 0, vy: -7 },
        { vx: 7, vy: 0 },
        { vx: 0, vy: 0.5 },
      ]) {
        const { tracks } = run(path(hint), 11, picture);
        for (const { hits } of tracks) expect((hits.at(-1)?.y ?? 0) - (hits[0]?.y ?? 0)).toBeLessThan(100);
      }
    });
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
      tracks.filter(
        (track) => judge(track, { ...SIZE, judge: BELIEVING, around: amid({ company: 3, alike: 0 }) }).accepted,
      ),
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
      return toHit(sighting(x, y, { thrown }), frame * 40);
    }),
  });
  const reason = (track: Track, crowd = ALONE) => {
    const judgement = judge(track, { ...SIZE, judge: BELIEVING, around: amid(crowd) });
    return judgement.accepted ? 'accepted' : judgement.reason;
  };

  test('refuses what moves sideways, upwards, slowly or only a little', () => {
    expect(reason(along((frame) => [100 + frame * 20, 100 + frame * 6], 40))).toBe('sideways');
    expect(reason(along((frame) => [100, 900 - frame * 10], 40))).toBe('short-drop');
    expect(reason(along((frame) => [100, 100 + frame * 1], 200))).toBe('slow');
    expect(reason(along((frame) => [100, 100 + frame * 10], 10))).toBe('short-drop');
    expect(reason(along((frame) => [100, 100 + frame * 100], 4))).toBe('few-hits');
  });

  test('takes a sheet of paper that sinks past a high facade, and what the wind carries further than it falls', () => {
    expect(reason(along((frame) => [500, 100 + frame * 1.4], 200))).toBe('accepted');
    expect(reason(along((frame) => [100 + frame * 9, 100 + frame * 6], 60))).toBe('accepted');
  });

  test('refuses a leaf that swings and a bird that pulls out of its dive', () => {
    expect(reason(along((frame) => [500 + Math.sin(frame / 3) * 60, 100 + frame * 5], 100))).toBe('not-smooth');
    expect(reason(along((frame) => [500 + frame * 4, 100 + 400 * (1 - Math.exp(-frame / 12))], 60))).toBe('brakes');
  });

  test('refuses what the verifier does not believe, and a drop in a crowd of drops', () => {
    const fall = (thrown: number) => along((frame) => [500, 100 + frame * 15], 20, thrown);
    expect(reason(fall(0.2))).toBe('unlikely');
    expect(reason(fall(0.8))).toBe('accepted');
    expect(reason(fall(0.8), { company: 12, alike: 0 })).toBe('unlikely');
    expect(reason(fall(0.95), { company: 12, alike: 12 })).toBe('crowd');
  });
});

describe('a shower', () => {
  const fall = (id: number, from: { atMs: number; x: number }, stepPx: number): Track => ({
    id,
    frames: 30,
    hits: Array.from({ length: 30 }, (_, frame) =>
      toHit(sighting(from.x, 20 + frame * stepPx, { vy: stepPx }), from.atMs + frame * 40),
    ),
  });

  test('is no row of falls, and a thing that falls through it at a speed of its own is one', () => {
    const collector = createFallCollector({ ...SIZE, judge: BELIEVING });
    const raisedBy = (track: Track) => {
      const endMs = track.hits.at(-1)?.atMs ?? 0;
      return [...collector.add({ ...NOTHING, ended: [track] }, endMs + 200), ...collector.add(NOTHING, endMs + 1_000)];
    };
    const drops = Array.from({ length: 40 }, (_, index) =>
      fall(index, { atMs: index * 1_500, x: 1 + (index % 4) * 480 }, 30),
    );
    const raised = drops.map((drop) => raisedBy(drop).length);
    expect(raised.slice(25)).toEqual(Array(15).fill(0));
    expect(raisedBy(fall(99, { atMs: 60_000, x: 900 }, 22))).toHaveLength(1);
  });
});

test('a fall is told once, however late two tracks end that began as it', () => {
  const collector = createFallCollector({ ...SIZE, judge: BELIEVING });
  const seen = Array.from({ length: 40 }, (_, frame) => sighting(900, 20 + frame * 20, { vy: 20, thrown: 0.8 }));
  for (const [frame, it] of seen.entries()) collector.add({ ...NOTHING, sightings: [it] }, frame * 40);
  // Both wandered on through clutter for seconds; the path of the object is what is left of either.
  const astray = (id: number, seconds: number): Track => {
    const fall = seen.map((it, frame) => toHit(it, frame * 40));
    const rest = Array.from({ length: 25 * seconds }, (_, frame) =>
      toHit(sighting(900 + frame, 820 + (frame % 5), { thrown: 0.3 }), (40 + frame) * 40),
    );
    return { id, hits: [...fall, ...rest], frames: fall.length + rest.length };
  };
  const told = [];
  for (let atMs = 2_000; atMs < 15_000; atMs += 200) {
    const ended = atMs === 7_000 ? [astray(1, 5)] : atMs === 9_000 ? [astray(2, 7)] : [];
    told.push(...collector.add({ ...NOTHING, ended }, atMs));
  }
  expect(told).toHaveLength(1);
});

test('two tracks of one thing that end apart are one; things that only crossed are two', () => {
  const way = (id: number, slope: number, from = 0): Track => {
    const hits = Array.from({ length: 60 - from }, (_, place) => {
      const frame = from + place;
      // Of one way until frame 30; what is seen at one place at one time is the same sight.
      const aside = id === 3 ? slope * (frame - 30) : slope * Math.max(0, frame - 30);
      return toHit(sighting(900 + aside, 20 + frame * 12), frame * 40);
    });
    return { id, hits, frames: hits.length };
  };
  const fall = { confidence: 0.8, track: way(1, 0) };
  expect(belongsTo(fall, way(2, 25), SIZE)).toBe(true);
  expect(belongsTo(fall, way(3, 25), SIZE)).toBe(false);
  expect(belongsTo(fall, way(4, 25, 28), SIZE)).toBe(false);
});

test('a mirror image close beside may run far ahead of its object; another thing farther aside is another fall', () => {
  const falling = (id: number, x: number, from: { y: number; gravity: number }): Track => {
    const hits = Array.from({ length: 24 }, (_, frame) =>
      toHit(sighting(x, from.y + from.gravity * frame ** 2), frame * 40),
    );
    return { id, hits, frames: hits.length };
  };
  const fall = { confidence: 0.9, track: falling(1, 900, { y: 20, gravity: 0.2 }) };
  expect(belongsTo(fall, falling(2, 930, { y: 60, gravity: 0.6 }), SIZE)).toBe(true);
  expect(belongsTo(fall, falling(3, 1_200, { y: 60, gravity: 0.6 }), SIZE)).toBe(false);
});

describe('a fall that is told early', () => {
  const object = (of: { id?: number; x?: number; frames: number; thrown?: number }): Track => ({
    id: of.id ?? 1,
    frames: of.frames,
    hits: Array.from({ length: of.frames }, (_, frame) =>
      toHit(sighting(of.x ?? 900, 20 + frame * 20, { vy: 20, thrown: of.thrown ?? 0.95 }), frame * 40),
    ),
  });

  /** Frame by frame, as tracks grow; then they end. */
  function tell(frames: number, tracks: { id: number; x: number; thrown?: number }[]) {
    const collector = createFallCollector({ ...SIZE, judge: BELIEVING });
    const early = createEarlyTeller(collector, SIZE);
    const live = tracks.map((track) => object({ ...track, frames: 1 }));
    const begun: { fall: BegunFall; frame: number }[] = [];
    const complete: CompleteFall[] = [];
    const see = (ended: Track[], alive: Track[], atMs: number) => {
      const told = early.see({ live: alive, complete: collector.add({ ...NOTHING, ended, live: alive }, atMs) }, atMs);
      begun.push(...told.begun.map((fall) => ({ fall, frame: atMs / 40 })));
      complete.push(...told.complete);
    };
    for (let frame = 0; frame < frames; frame++) {
      for (const [index, track] of live.entries())
        Object.assign(track, object({ ...tracks[index], frames: frame + 1 }));
      see([], live, frame * 40);
    }
    see(live, [], frames * 40 + 300);
    for (let atMs = frames * 40 + 700; atMs < frames * 40 + 6_000; atMs += 500) see([], [], atMs);
    return { begun, complete };
  }

  test('is told once in the air and once complete, under one id', () => {
    const { begun, complete } = tell(40, [{ id: 7, x: 900 }]);
    expect(begun).toHaveLength(1);
    expect(begun[0]?.frame).toBeLessThan(20);
    expect(complete).toHaveLength(1);
    expect(complete[0]).toMatchObject({ begunId: begun[0]?.fall.id });
    expect(complete[0]?.track.hits.length).toBeGreaterThan(begun[0]?.fall.track.hits.length ?? 99);
  });

  test('its mirror image is no second one', () => {
    const { begun, complete } = tell(40, [
      { id: 7, x: 900 },
      { id: 8, x: 960 },
    ]);
    expect(begun).toHaveLength(1);
    expect(complete).toHaveLength(1);
    expect(complete[0]?.begunId).toBe(begun[0]?.fall.id);
  });

  test('what is not sure waits for its end', () => {
    const { begun, complete } = tell(40, [{ id: 7, x: 900, thrown: 0.5 }]);
    expect(begun).toEqual([]);
    expect(complete).toHaveLength(1);
    expect(complete[0]?.begunId).toBeUndefined();
  });

  test('what turns out to be none is complete all the same, since it was told', () => {
    const collector = createFallCollector({ ...SIZE, judge: BELIEVING });
    const early = createEarlyTeller(collector, SIZE);
    const track = object({ frames: 1 });
    const told = [];
    for (let frame = 0; frame < 25; frame++) {
      Object.assign(track, object({ frames: frame + 1 }));
      told.push(...early.see({ live: [track], complete: [] }, frame * 40).begun);
    }
    const last = track.hits.at(-1)?.atMs ?? 0;
    expect(told).toHaveLength(1);
    expect(early.see({ live: [], complete: [] }, last + 3_000).complete).toEqual([]);
    expect(early.see({ live: [], complete: [] }, last + 5_000).complete).toMatchObject([
      { begunId: told[0]?.id, track },
    ]);
    expect(early.see({ live: [], complete: [] }, last + 9_000).complete).toEqual([]);
  });
});
