import { describe, expect, test } from 'vitest';
import { mapFacade } from '../../../../core/facade.ts';
import { fitFall, moveFrom, type Sample } from '../../../../edge/vision/track/physics.ts';
import { findOrigin } from '../../../../edge/vision/track/place.ts';
import { type Track, toHit } from '../../../../edge/vision/track/tracker.ts';
import { seededRandom } from '../../../../simulators/random.ts';
import { CALIBRATION, FACADE, PICTURE, sighting } from '../sightings.ts';

/** A track as a camera would give it of an object let go at a place on the facade. */
function fallFrom(start: { right: number; up: number }, of: { drag: number; wind: number; seed: string }): Track {
  const random = seededRandom(of.seed);
  const model = {
    start: { ...start, speedRight: 0.3, speedUp: 0 },
    dragPerMetre: of.drag,
    windMetresPerSecond: of.wind,
  };
  const hits = [];
  for (let frame = 3; frame < 150; frame++) {
    const motion = moveFrom(model, frame / 25);
    if (motion.up < 0) break;
    const { x, y } = FACADE.toPixel(motion);
    hits.push(toHit(sighting(x + random.normal(), y + random.normal()), frame * 40));
  }
  return { id: 1, hits, frames: hits.length };
}

describe('calibration', () => {
  test('maps the clicked corners onto the grid and back', () => {
    expect(FACADE.errorPx).toBeLessThan(0.5);
    const there = FACADE.toPixel({ right: 10, up: 20 });
    const back = FACADE.toMetres(there.x, there.y);
    expect(back.right).toBeCloseTo(10, 6);
    expect(back.up).toBeCloseTo(20, 6);
  });

  test('shows a bad click as a large error', () => {
    const points = [...CALIBRATION.points, { x: 0.5, y: 0.8, column: 3, floor: 15 }];
    expect(mapFacade({ ...CALIBRATION, points }, PICTURE)?.errorPx).toBeGreaterThan(40);
  });

  test('refuses points on one line', () => {
    const points = [0, 1, 2, 3].map((n) => ({ x: 0.1 + n * 0.2, y: 0.5, column: n, floor: 1 }));
    expect(mapFacade({ ...CALIBRATION, points }, PICTURE)).toBeUndefined();
  });
});

describe('physics', () => {
  test('finds drag and wind of a bag again', () => {
    const model = { start: { right: 5, up: 40, speedRight: 0, speedUp: 0 }, dragPerMetre: 0.3, windMetresPerSecond: 2 };
    const samples: Sample[] = Array.from({ length: 60 }, (_, index) => {
      const motion = moveFrom(model, index / 25);
      return { seconds: index / 25, right: motion.right, up: motion.up, sigmaMetres: 0.05 };
    });
    const fit = fitFall(samples);
    expect(fit?.dragPerMetre).toBeCloseTo(0.3, 1);
    expect(fit?.windMetresPerSecond).toBeCloseTo(2, 0);
    expect(fit?.misfit).toBeLessThan(1);
  });

  test('says how badly a level flight fits', () => {
    const samples: Sample[] = Array.from({ length: 40 }, (_, index) => ({
      seconds: index / 25,
      right: index * 0.2,
      up: 30 + Math.sin(index / 4) * 2,
      sigmaMetres: 0.05,
    }));
    expect(fitFall(samples)?.misfit).toBeGreaterThan(5);
  });
});

describe('place of origin', () => {
  test('names the floor within one and the unit for bottles and bags from 40 windows', () => {
    const random = seededRandom('windows');
    let floorRight = 0;
    let unitRight = 0;
    for (let trial = 0; trial < 40; trial++) {
      const floor = 4 + Math.floor(random.between(0, 15));
      const column = Math.floor(random.between(0, 6));
      const start = { right: (column + 0.5) * 3.6, up: (floor - 1 + 0.5) * 2.9 };
      const drag = random.pick([0.006, 0.02, 0.12, 0.3]);
      const track = fallFrom(start, { drag, wind: random.between(-1, 1), seed: `fall-${trial}` });
      const best = findOrigin(track, FACADE)?.places[0];
      if (best && Math.abs(best.floor - floor) <= 1) floorRight += 1;
      if (best?.unit === CALIBRATION.columns[column]) unitRight += 1;
    }
    expect(floorRight).toBeGreaterThanOrEqual(38);
    expect(unitRight).toBeGreaterThanOrEqual(38);
  });

  test('gives no window to what came down beside the facade', () => {
    const origin = findOrigin(fallFrom({ right: -8, up: 40 }, { drag: 0.02, wind: 0, seed: 'beside' }), FACADE);
    expect(origin?.facadeShare).toBeLessThan(0.5);
  });
});
