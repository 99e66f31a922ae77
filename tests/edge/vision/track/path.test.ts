import { describe, expect, test } from 'vitest';
import { createHistory } from '../../../../edge/vision/track/history.ts';
import { createPathFinder } from '../../../../edge/vision/track/path.ts';
import { type Hit, type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { seededRandom } from '../../../../simulators/random.ts';
import { sighting } from '../sightings.ts';

const PICTURE = { width: 1280, height: 720 };
const FRAME_MS = 40;
/** Let go in the tenth frame; an eighth of the gravity that a four-storey facade shows. */
const objectAt = (frame: number) => ({ x: 600 + 2 * (frame - 10), y: 60 + 0.28 * (frame - 10) ** 2 });

/** A fall over frames 10 to 50, hidden where `hidden` says so, in `clutter` doubtful things a frame. */
function scene(of: { clutter: number; hidden?: (frame: number) => boolean }) {
  const random = seededRandom('path');
  const history = createHistory(PICTURE);
  const finder = createPathFinder(PICTURE, history);
  const object: Hit[] = [];
  const others: Hit[][] = [];
  for (let frame = 0; frame < 90; frame++) {
    const atMs = frame * FRAME_MS;
    const seen = Array.from({ length: of.clutter }, () =>
      sighting(random.next() * PICTURE.width, random.next() * PICTURE.height, {
        thrown: 0.15 + 0.3 * random.next(),
      }),
    );
    others.push(seen.map((it) => toHit(it, atMs)));
    if (frame >= 10 && frame <= 50 && !of.hidden?.(frame)) {
      const { x, y } = objectAt(frame);
      const it = sighting(x + random.normal(), y + random.normal(), { thrown: 0.85 });
      seen.push(it);
      object.push(toHit(it, atMs));
    }
    history.see(seen, { atMs, activeShare: 0 });
  }
  return { finder, history, object, others };
}

const asTrack = (hits: Hit[]): Track => ({ id: 1, hits, frames: hits.length });
const strays = (path: Track | undefined, object: Hit[]) =>
  (path?.hits ?? []).filter((hit) => !object.some((one) => one.atMs === hit.atMs && one.x === hit.x)).length;

describe('the path of an object', () => {
  test('is whole again from a piece of it, in the midst of clutter', () => {
    const { finder, object } = scene({ clutter: 12 });
    const path = finder.pathOf(asTrack(object.slice(12, 24)));
    expect(path?.hits.length).toBeGreaterThanOrEqual(object.length - 2);
    expect(strays(path, object)).toBeLessThanOrEqual(1);
    expect(path?.frames).toBeGreaterThanOrEqual(object.length - 2);
  });

  test('goes on behind a balcony', () => {
    const hidden = (frame: number) => frame > 26 && frame < 36;
    const { finder, object } = scene({ clutter: 4, hidden });
    const path = finder.pathOf(asTrack(object.slice(0, 16)));
    expect(path?.hits.at(-1)?.atMs).toBe(object.at(-1)?.atMs);
    expect(path?.frames).toBe(41);
  });

  test('ends where a track wandered off into clutter', () => {
    const { finder, object, others } = scene({ clutter: 12 });
    const wandering = others.slice(51, 75).map((hits) => hits[0] as Hit);
    const path = finder.pathOf(asTrack([...object, ...wandering]));
    expect(Math.abs((path?.hits.at(-1)?.atMs ?? 0) - (object.at(-1)?.atMs ?? 0))).toBeLessThanOrEqual(2 * FRAME_MS);
  });

  test('there is none in clutter alone, in too few hits, nor in what was forgotten', () => {
    const { finder, history, object, others } = scene({ clutter: 6 });
    expect(finder.pathOf(asTrack(others.slice(0, 30).map((hits) => hits[0] as Hit)))).toBeUndefined();
    expect(finder.pathOf(asTrack(object.slice(0, 3)))).toBeUndefined();
    for (let frame = 90; frame < 1_200; frame++) history.see([], { atMs: frame * FRAME_MS, activeShare: 0 });
    expect(finder.pathOf(asTrack(object))).toBeUndefined();
  });
});

describe('the life of a thing', () => {
  test('goes on where the verifier took it for something else, to where it was first and last seen', () => {
    const history = createHistory(PICTURE);
    const finder = createPathFinder(PICTURE, history);
    // A bird that crosses the picture; only while it sinks does it look like something thrown.
    const hits: Hit[] = [];
    for (let frame = 0; frame < 100; frame++) {
      const sinks = frame >= 40 && frame < 60;
      const it = sighting(100 + 10 * frame, 200 + 6 * Math.max(0, Math.min(20, frame - 40)), {
        thrown: sinks ? 0.8 : 0.05,
      });
      history.see([it], { atMs: frame * FRAME_MS, activeShare: 0 });
      hits.push(toHit(it, frame * FRAME_MS));
    }
    const { before, after } = finder.lifeOf(asTrack(hits.slice(41, 59)));
    expect(before.at(-1)?.x).toBeLessThan(130);
    expect(after.at(-1)?.x).toBeGreaterThan(1_050);
    expect(finder.pathOf(asTrack(hits.slice(41, 59)))?.hits.length).toBeLessThanOrEqual(21);
  });

  test('of what was let go begins and ends with its track', () => {
    const { finder, object } = scene({ clutter: 0 });
    expect(finder.lifeOf(asTrack(object))).toEqual({ before: [], after: [] });
  });
});
