import { expect, test } from 'vitest';
import { cameraOptionsSchema } from '../../core/camera-options.ts';

const corners = [
  { x: 0.2, y: 0.9, column: 0, floor: 1 },
  { x: 0.8, y: 0.9, column: 4, floor: 1 },
  { x: 0.7, y: 0.1, column: 4, floor: 19 },
  { x: 0.3, y: 0.1, column: 0, floor: 19 },
];
const calibration = { points: corners, columns: ['1', '2', '3', '4'], lowestFloor: 1, highestFloor: 18 };
const faults = (options: unknown) =>
  cameraOptionsSchema.safeParse(options).error?.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);

test('a camera is told its video, its facade, areas and what it hangs on', () => {
  const options = { stream: 'rtsp://camera/1', masks: [], calibration, upstream: 'switch-3' };
  expect(cameraOptionsSchema.parse(options).calibration).toMatchObject({ ...calibration, floorHeightMetres: 2.9 });
});

test('what is not known is refused by name', () => {
  expect(faults({ steam: 'rtsp://camera/1' })).toEqual([': Unrecognized key: "steam"']);
});

test('a calibration that spans no facade is refused', () => {
  const flat = corners.map((corner) => ({ ...corner, y: 0.5 }));
  expect(faults({ calibration: { ...calibration, points: flat } })?.[0]).toContain('calibration/points: do not span');
  expect(faults({ calibration: { ...calibration, highestFloor: 0 } })?.[0]).toContain('calibration/highestFloor');
});
