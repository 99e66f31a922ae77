import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModel, type Model } from '../../models/run.ts';

const folder = join(import.meta.dirname, '..', '..', 'models', 'highthrow');
let model: Model;
let copy: string;

beforeAll(async () => {
  model = await loadModel(folder);
  copy = await mkdtemp(join(tmpdir(), 'linli-model-'));
  for (const name of ['model.json', 'gate.onnx', 'verifier.onnx']) await cp(join(folder, name), join(copy, name));
});

afterAll(() => rm(copy, { recursive: true }));

test('the graphs have the inputs and outputs that model.json says', () => {
  const { graphs } = model.manifest;
  for (const [graph, session] of [
    [graphs.gate, model.gate],
    [graphs.verifier, model.verifier],
  ] as const) {
    expect(session.inputNames).toEqual(graph.inputs.map((input) => input.name));
    expect(session.outputNames).toEqual(graph.outputs.map((output) => output.name));
  }
});

test('a graph that was changed after model.json was written is refused by name', async () => {
  const file = join(copy, 'verifier.onnx');
  const bytes = await readFile(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(file, bytes);
  await expect(loadModel(copy)).rejects.toThrow('verifier.onnx is not the file that model.json describes');
});

test('the gate says by how much a pixel passes both of its neighbours in time, cell by cell', async () => {
  const { ages, referenceAge, triples, cellPx } = model.manifest.gate;
  // Sizes that the cells do not divide, so that the ragged edge is covered too.
  const [width, height] = [61, 35];
  const frames = new Map(ages.map((age) => [age, noise(width * height, age + 1)]));
  const feeds = Object.fromEntries(
    [...frames].map(([age, pixels]) => [`frame_${age}`, new Tensor('uint8', pixels, [height, width])]),
  );
  const { grid } = await model.gate.run(feeds);
  const [columns, rows] = [Math.ceil(width / cellPx), Math.ceil(height / cellPx)];
  const expected = new Uint8Array(rows * columns);
  const luma = (age: number, pixel: number) => frames.get(age)?.[pixel] ?? 0;
  for (const { before, after } of triples)
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [a, b] = [luma(before, pixel), luma(after, pixel)];
      const here = luma(referenceAge, pixel);
      const row = Math.floor(pixel / width / cellPx);
      const cell = row * columns + Math.floor((pixel % width) / cellPx);
      expected[cell] = Math.max(expected[cell] ?? 0, here - Math.max(a, b), Math.min(a, b) - here);
    }
  expect(grid?.dims).toEqual([rows, columns]);
  expect(grid?.data).toEqual(expected);
});

test('the verifier answers shares of one for any number of tiles', async () => {
  const { tiles, classes } = model.manifest;
  for (const count of [1, 3]) {
    const size = tiles.ages.length * tiles.sizePx ** 2;
    const input = new Tensor('uint8', noise(count * size, 7), [count, tiles.ages.length, tiles.sizePx, tiles.sizePx]);
    const { probabilities, motion } = await model.verifier.run({ tiles: input });
    expect(probabilities?.dims).toEqual([count, classes.length]);
    expect(motion?.dims).toEqual([count, 5]);
    const sum = Array.from((probabilities?.data ?? []) as Float32Array).reduce((total, share) => total + share, 0);
    expect(sum).toBeCloseTo(count, 4);
  }
});

/** Repeatable bytes. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed * 2_654_435_761;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
