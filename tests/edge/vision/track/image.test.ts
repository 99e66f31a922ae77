import { describe, expect, test } from 'vitest';
import { mapFacade } from '../../../../core/facade.ts';
import { createFallCollector } from '../../../../edge/vision/judge/falls.ts';
import { isImage } from '../../../../edge/vision/track/image.ts';
import { type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { BELIEVING, CALIBRATION, PICTURE, sighting } from '../sightings.ts';

/** A camera before a facade, ten metres away, that looks up and to the left. */
const CAMERA = { focalPx: 1_500, pitch: 0.35, yaw: 0.2, heightMetres: 1.5, awayMetres: 10 };

/** Pixel of a point `right` and `up` on the facade, so many metres before it; behind it is negative. */
function seen(right: number, up: number, before = 0): { x: number; y: number } {
  const [x, y, z] = [right - 5, up - CAMERA.heightMetres, CAMERA.awayMetres - before];
  const turned = {
    x: x * Math.cos(CAMERA.yaw) + z * Math.sin(CAMERA.yaw),
    z: z * Math.cos(CAMERA.yaw) - x * Math.sin(CAMERA.yaw),
  };
  const depth = turned.z * Math.cos(CAMERA.pitch) + y * Math.sin(CAMERA.pitch);
  const above = y * Math.cos(CAMERA.pitch) - turned.z * Math.sin(CAMERA.pitch);
  return {
    x: PICTURE.width / 2 + (CAMERA.focalPx * turned.x) / depth,
    y: PICTURE.height / 2 - (CAMERA.focalPx * above) / depth,
  };
}

/** Corners as somebody clicks them, some pixels off. */
function clicked(offPx: number) {
  const corners = [
    { column: 0, floor: 1, off: { x: 1, y: -1 } },
    { column: 4, floor: 1, off: { x: -1, y: 1 } },
    { column: 4, floor: 4, off: { x: 1, y: 1 } },
    { column: 0, floor: 4, off: { x: -1, y: -1 } },
  ];
  const points = corners.map(({ column, floor, off }) => {
    const place = seen(column * CALIBRATION.columnWidthMetres, (floor - 1) * CALIBRATION.floorHeightMetres);
    return {
      column,
      floor,
      x: (place.x + off.x * offPx) / PICTURE.width,
      y: (place.y + off.y * offPx) / PICTURE.height,
    };
  });
  const map = mapFacade({ ...CALIBRATION, points }, PICTURE);
  if (!map) throw new Error('the corners must span the facade');
  return map;
}

/** What falls freely for a second from `up` metres, drifting away from the facade. */
function fall({ id = 1, right = 4, up = 9, behind = false, lagMs = 0 } = {}): Track {
  const hits = Array.from({ length: 25 }, (_, frame) => {
    const seconds = (frame * 40 - lagMs) / 1000;
    const before = 0.6 + 0.4 * seconds;
    const { x, y } = seen(right + 0.2 * seconds, up - 4.9 * Math.max(0, seconds) ** 2, behind ? -before : before);
    return toHit(sighting(x, y), frame * 40);
  });
  return { id, hits, frames: hits.length };
}

describe('a line at right angles to the facade', () => {
  test('runs as the camera sees it', () => {
    const map = clicked(0);
    for (const [right, up] of [
      [1, 2],
      [5, 5],
      [9, 8],
    ] as const) {
      const [near, far] = [seen(right, up, 1), seen(right, up, -1)];
      const middle = seen(right, up);
      const way = map.outwardAt(middle.x, middle.y);
      const length = Math.hypot(far.x - near.x, far.y - near.y);
      const along = ((far.x - near.x) * (way?.x ?? 0) + (far.y - near.y) * (way?.y ?? 0)) / length;
      expect(Math.abs(along)).toBeCloseTo(1, 4);
    }
  });

  test('is not known where the corners do not tell the focal length', () => {
    const square = [
      { x: 0.3, y: 0.9, column: 0, floor: 1 },
      { x: 0.7, y: 0.9, column: 6, floor: 1 },
      { x: 0.7, y: 0.1, column: 6, floor: 19 },
      { x: 0.3, y: 0.1, column: 0, floor: 19 },
    ];
    expect(mapFacade({ ...CALIBRATION, points: square }, PICTURE)?.outwardAt(900, 500)).toBeUndefined();
  });
});

describe.each([0, 4])('with corners that were clicked %i pixels off', (offPx) => {
  const picture = { ...PICTURE, facade: clicked(offPx) };

  test('an object and its mirror image are one', () => {
    expect(isImage(fall(), fall({ behind: true }), picture)).toBe(true);
    expect(isImage(fall({ behind: true }), fall(), picture)).toBe(true);
  });

  test('two things that fall together are two, where nobody calibrated one', () => {
    const other = fall({ right: 5.5, up: 8 });
    expect(isImage(fall(), other, PICTURE)).toBe(true);
    expect(isImage(fall(), other, picture)).toBe(false);
  });

  test('a track that lags behind another on the same way follows the same thing', () => {
    expect(isImage(fall(), fall({ lagMs: 200 }), picture)).toBe(true);
  });
});

test('of two things that fall together the second is told when it is sure by itself', () => {
  const told = (sum: number) => {
    const [tree] = BELIEVING.trees;
    const judge = { ...BELIEVING, trees: tree ? [{ ...tree, value: [sum] }] : [] };
    return createFallCollector({ ...PICTURE, judge, facade: clicked(0) }).flush([
      fall(),
      fall({ id: 2, right: 5.5, up: 8 }),
    ]);
  };
  expect(told(100)).toHaveLength(2);
  expect(told(0.5)).toHaveLength(1);
});
