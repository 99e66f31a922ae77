// Opens a trained model folder for use on one CPU thread.
//   loadModel(directory): Promise<Model>
//   model.gate.run(feeds), model.verifier.run(feeds): onnxruntime-node sessions
//   model.judges: the trees and nets that judge tracks, with a calibration and without
//   model.manifest: the validated model.json (classes, frame ages, thresholds)
// In: a folder with model.json and the files that it names. Out: what has passed its checksum.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { z } from 'zod';

const tensorSchema = z.strictObject({
  name: z.string().min(1),
  dtype: z.enum(['uint8', 'float32']),
  /** A number is a fixed size, a string names a size that the caller chooses. */
  shape: z.array(z.union([z.int().positive(), z.string().min(1)])),
});

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const graphSchema = z.strictObject({
  file: z.string().regex(/^[a-z0-9-]+\.onnx$/),
  sha256: sha256Schema,
  inputs: z.array(tensorSchema).min(1),
  outputs: z.array(tensorSchema).min(1),
});

const nodesSchema = z.array(z.number());

/** How what was nearly taken for a fall weighs against the next on the same camera; `told` and `sure` were fitted with it. */
const nuisanceSchema = z.strictObject({
  /** What is so long past weighs a third (1/e) of what has just been. */
  memoryMs: z.number().positive(),
  /** One whose sum was `m` below `told` counts exp(-m); from here on nothing. */
  marginMin: z.number().negative(),
  /** So many that all but reached the bound double what is asked of the next. */
  unit: z.number().positive(),
  /** By so much at most the sum must be higher, however many there were. */
  costMax: z.number().nonnegative(),
  /** Two tracks are of one thing when one was within this time and this share of the height of the other's middle. */
  sameMs: z.number().nonnegative(),
  sameShare: z.number().nonnegative(),
});

export type NuisanceWeights = z.infer<typeof nuisanceSchema>;

/** A row of weights and a bias for each output. */
const layerSchema = z.strictObject({ weights: z.array(nodesSchema.min(1)).min(1), bias: nodesSchema.min(1) });

/** Small nets over the same measures and along the track; what they add is part of the judge's sum. */
const netsSchema = z.strictObject({
  /** By measure: from its value to its normal score, between knots in a line. */
  curves: z.array(z.strictObject({ values: nodesSchema.min(1), scores: nodesSchema.min(1) })).min(1),
  /** Each a list of layers; the last has one output. */
  plain: z.array(z.array(layerSchema).min(1)).min(1),
  /** What is told of each sighting, in the order that the convolutions count it. */
  columns: z.array(z.string().min(1)).min(1),
  along: z
    .array(z.strictObject({ convolutions: z.array(layerSchema).min(1), layers: z.array(layerSchema).min(1) }))
    .min(1),
});

/** What a track is judged by: trees and nets over what is measured of it, and the two bounds of their sum. */
const judgeSchema = z.strictObject({
  /** Names of what is measured, in the order that the trees and nets count them. */
  features: z.array(z.string().min(1)).min(1),
  trees: z
    .array(
      z.strictObject({
        /** By node: -1 at a leaf. */
        feature: z.array(z.int().min(-1)),
        threshold: nodesSchema,
        left: nodesSchema,
        right: nodesSchema,
        value: nodesSchema,
      }),
    )
    .min(1),
  nets: netsSchema.optional(),
  /** From this sum on a track is told as a suspected fall … */
  told: z.number(),
  /** … and from this one on as a sure one. */
  sure: z.number(),
  nuisance: nuisanceSchema.optional(),
});

export type Judge = z.infer<typeof judgeSchema>;

/** The second asks for nothing in metres. */
const judgesSchema = z.strictObject({ calibrated: judgeSchema, uncalibrated: judgeSchema });

export type Judges = z.infer<typeof judgesSchema>;

/** A frame's age counts back from the newest frame: 0 is t, 4 is t-4. */
const ageSchema = z.int().min(0);

export const manifestSchema = z.strictObject({
  id: z.string().min(1),
  version: z.string().min(1),
  license: z.string().min(1),
  graphs: z.strictObject({ gate: graphSchema, verifier: graphSchema }),
  judge: z.strictObject({ file: z.string().regex(/^[a-z0-9-]+\.json$/), sha256: sha256Schema }),
  gate: z.strictObject({
    cellPx: z.int().positive(),
    referenceAge: ageSchema,
    ages: z.array(ageSchema),
    /** Maps 2i (brighter) and 2i+1 (darker) compare the reference frame with this pair of ages. */
    triples: z.array(z.strictObject({ before: ageSchema, after: ageSchema })),
  }),
  tiles: z.strictObject({
    sizePx: z.int().positive(),
    /** Oldest first: the order of the tile's planes. */
    ages: z.array(ageSchema),
    referenceAge: ageSchema,
  }),
  /** The order of the columns of `probabilities`. */
  classes: z.array(z.string().min(1)).min(2),
  thresholds: z.strictObject({
    /** Grey levels over the cell's own noise floor from which a cell is a candidate. */
    gateLevels: z.number().positive(),
    /** Probability of the first class from which a tile counts as a sighting. */
    sighting: z.number().min(0).max(1),
  }),
  training: z.record(z.string(), z.union([z.string(), z.number()])),
});

export type Manifest = z.infer<typeof manifestSchema>;

export interface Model {
  readonly manifest: Manifest;
  readonly gate: InferenceSession;
  readonly verifier: InferenceSession;
  readonly judges: Judges;
}

/**
 * Reads and checks `directory`/model.json, checks each graph against its SHA-256 and opens it.
 * Throws with the file's name when a file is missing, malformed or not the one described.
 */
export async function loadModel(directory: string): Promise<Model> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(directory, 'model.json'), 'utf8')));
  return {
    manifest,
    gate: await openGraph(directory, manifest.graphs.gate),
    verifier: await openGraph(directory, manifest.graphs.verifier),
    judges: judgesSchema.parse(JSON.parse((await readChecked(directory, manifest.judge)).toString())),
  };
}

async function openGraph(directory: string, graph: z.infer<typeof graphSchema>): Promise<InferenceSession> {
  const bytes = await readChecked(directory, graph);
  // One thread per session: cameras are spread over worker threads, so a second one would only fight them.
  return InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
}

async function readChecked(directory: string, of: { file: string; sha256: string }): Promise<Buffer> {
  const bytes = await readFile(join(directory, of.file));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== of.sha256) throw new Error(`${of.file} is not the file that model.json describes (sha256 ${sha256})`);
  return bytes;
}
