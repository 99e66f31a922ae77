import { expect, it } from 'vitest';
import { soak } from './soak.ts';

it('a short soak: what breaks a stream is told, the vision process lives, and the camera sees again', async () => {
  const result = await soak({
    minutes: 1,
    seed: 'short',
    cameras: 1,
    faults: ['cut', 'rubbish', 'freeze', 'resize'],
    say: () => {},
  });
  expect(result.untold).toEqual([]);
  expect(result.restarts).toBe(0);
  expect(result.thrown).toBeGreaterThan(0);
  // A busy machine may lose a fall's frames, not most of them.
  expect(result.found * 2).toBeGreaterThan(result.thrown);
}, 600_000);
