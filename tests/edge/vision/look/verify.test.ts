import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { MODEL_FOLDER } from '../../../../edge/vision/detect-video.ts';
import { createFrameRing } from '../../../../edge/vision/look/frame-ring.ts';
import { createVerifier } from '../../../../edge/vision/look/verify.ts';
import { loadModel } from '../../../../models/run.ts';

const { manifest } = await loadModel(MODEL_FOLDER);

/** A net that tells this of its only tile. */
function fakeNet(of: { probabilities: number[]; motion: number[] }): InferenceSession {
  const answer = {
    probabilities: new Tensor('float32', of.probabilities, [1, of.probabilities.length]),
    motion: new Tensor('float32', of.motion, [1, of.motion.length]),
  };
  return { run: async () => answer } as unknown as InferenceSession;
}

test('a sighting is where and as fast as the net says, and no smaller than nothing whatever it says', async () => {
  const ring = createFrameRing({ width: 96, height: 96, depth: 11 });
  for (let frame = 0; frame < 11; frame++) ring.commit(frame * 40);
  const verifier = fakeNet({ probabilities: [0.5, 0.1, 0.1, 0.1, 0.1, 0.1], motion: [2, -3, 1, 4, -5] });
  const seen = await createVerifier({ verifier, manifest }).verify(ring, [{ x: 40, y: 50, excess: 9 }]);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ x: 42, y: 47, vx: 1, vy: 4, sizePx: 0, thrown: 0.5 });
});
