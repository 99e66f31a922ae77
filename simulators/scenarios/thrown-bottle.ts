/** A bottle flies out of a window past the facade camera, and another one a little later. */
import { deviceFor, type Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '高空抛物', en: 'Thrown bottle' },
  shows: {
    zh: '立面摄像机画面中有物体坠落，网关检出并报警，附证据画面。',
    en: 'An object falls past the facade camera; the gateway finds it and raises an alarm with a picture.',
  },
  durationMs: 60_000,
  steps(world, random) {
    const camera = deviceFor(world, random, { kind: 'high-throw-camera' });
    return [
      { atMs: 0, type: 'throw', deviceId: camera.id },
      { atMs: 12_000, type: 'throw', deviceId: camera.id },
    ];
  },
};

export default scenario;
