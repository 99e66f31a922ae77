/** The light of a thing against its background, where both are known. */
import { describe, expect, it } from 'vitest';
import { createContrastMeter } from '../../../../edge/vision/look/contrast.ts';
import { createFrameRing, type FrameRing } from '../../../../edge/vision/look/frame-ring.ts';

const WIDTH = 120;
const HEIGHT = 160;
const REFERENCE_AGE = 2;

/** A wall of bright and dark bands past which a square of one light falls at 12 px a frame; its centre is at `centreY(0)` in the newest frame. */
function ringWith(light: number | undefined, sidePx: number): { ring: FrameRing; centreY(age: number): number } {
  const ring = createFrameRing({ width: WIDTH, height: HEIGHT, depth: 11 });
  const frames = 12;
  const centreY = (age: number) => 10 + 12 * (frames - 1 - age);
  for (let age = frames - 1; age >= 0; age--) {
    const luma = ring.next();
    for (let y = 0; y < HEIGHT; y++) luma.fill(wall(y), y * WIDTH, (y + 1) * WIDTH);
    const half = Math.floor(sidePx / 2);
    if (light !== undefined)
      for (let y = centreY(age) - half; y <= centreY(age) + half; y++)
        if (y >= 0 && y < HEIGHT) luma.fill(light, y * WIDTH + 60 - half, y * WIDTH + 60 + half + 1);
    ring.commit((frames - age) * 40);
  }
  return { ring, centreY };
}

function wall(y: number): number {
  return Math.floor(y / 20) % 2 === 0 ? 150 : 90;
}

describe('the contrast of a thing', () => {
  it.each([
    ['dark', 60],
    ['between the bands', 120],
    ['bright', 220],
  ])(
    'that is %s is what its light differs by from the wall behind it, wherever the verifier puts its centre',
    (_, light) => {
      const { ring, centreY } = ringWith(light, 5);
      const measure = createContrastMeter();
      for (const off of [-2, 0, 2]) {
        const at = { x: 60 + off, y: centreY(REFERENCE_AGE) - off, sizePx: 5, age: REFERENCE_AGE };
        const { contrast, behind } = measure(ring, at);
        expect(contrast + behind).toBeCloseTo(light, 5);
        expect(behind).toBeGreaterThanOrEqual(90);
        expect(behind).toBeLessThanOrEqual(150);
      }
    },
  );

  it('is nothing where nothing is', () => {
    const { ring } = ringWith(undefined, 5);
    const place = { x: 60, y: 80, sizePx: 9, age: REFERENCE_AGE };
    expect(createContrastMeter()(ring, place)).toEqual({ contrast: 0, behind: expect.any(Number) });
  });

  it('is measured at the edge and beyond, and while the ring fills', () => {
    const ring = createFrameRing({ width: WIDTH, height: HEIGHT, depth: 11 });
    for (let frame = 0; frame < 5; frame++) {
      ring.next().fill(100);
      ring.commit(frame * 40);
    }
    for (const [x, y] of [
      [-3, -3],
      [WIDTH + 5, HEIGHT + 5],
    ] as const)
      expect(createContrastMeter()(ring, { x, y, sizePx: 40, age: REFERENCE_AGE })).toEqual({
        contrast: 0,
        behind: 100,
      });
  });
});
