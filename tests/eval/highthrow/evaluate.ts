/**
 * `npm run eval -- highthrow`: what the detector finds and what it invents, on composite clips of a seed
 * that training never uses, and on the real clips when they are at hand. Prints a report; --json FILE
 * writes it too. With --keep the clips in --work stay, with what was seen in them: those that are there are
 * not made again, and judged without being looked at again until the model or what looks has changed.
 * --backdrops FOLDER puts the folder's photographs and recordings behind what falls and flies, instead of
 * drawn facades, --picture 1920x1080 makes every clip of that size. Needs what training needs: Debian's python3-opencv and ffmpeg.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readCommand } from '../../../core/command.ts';
import { StartError } from '../../../core/errors.ts';
import { type Calibration, mapFacade } from '../../../core/facade.ts';
import { detectVideo, MODEL_FOLDER, toEvent } from '../../../edge/vision/detect-video.ts';
import { createFollower } from '../../../edge/vision/follow.ts';
import { keptLooks } from '../../../edge/vision/looks.ts';
import { createProgress } from '../../../edge/vision/progress.ts';
import { findOrigin } from '../../../edge/vision/track/place.ts';
import { loadModel, type Model } from '../../../models/run.ts';
import { type DetectedEvent, type Fall, matchEvents } from './matching.ts';
import { type Outcome, reportOf, toText } from './report.ts';
import { calibrationOf, fallsOf, type Truth, truthSchema } from './truth.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const footage = join(root, '..', 'shared', 'footage');
const KINDS = [
  'birds',
  'insects',
  'leaves',
  'trees',
  'laundry',
  'rain',
  'snow',
  'lights',
  'clouds',
  'shake',
  'clock',
  'traffic',
  'night-noise',
  'infrared-switch',
  'codec-pulses',
] as const;
/** Training uses seeds below this one. */
const FRESH_SEED = 900_000;
const NEAR_PX = 60;
/** Clips are made in small portions, so that a soak of many hours needs little disk. */
const PORTION = 8;
const FALL_CLIP_SECONDS = 20;
const FALLS_PER_CLIP = 2;
/** How long a clip without throws is, by what it holds: what a camera sees in hours, or its busy day. */
const QUIET_CLIP_SECONDS = { crowded: 60, day: 600 };
type Density = keyof typeof QUIET_CLIP_SECONDS;

const realSchema = z.object({
  clips: z.array(
    z.object({
      file: z.string(),
      fps: z.number(),
      falls: z.array(z.object({ id: z.string(), frames: z.tuple([z.number(), z.number()]) })),
    }),
  ),
});

const optionsSchema = z.strictObject({
  hours: z.coerce.number().min(0).max(1000).default(0.5),
  falls: z.coerce.number().int().min(0).max(10_000).default(60),
  seed: z.coerce.number().int().min(FRESH_SEED).default(FRESH_SEED),
  density: z.enum(['day', 'crowded']).default('crowded'),
  'clip-seconds': z.coerce.number().min(5).max(3600).optional(),
  json: z.string().optional(),
  model: z.string().default(MODEL_FOLDER),
  work: z.string().default(join(root, '.training', 'eval')),
  python: z.string().default('/usr/bin/python3'),
  keep: z.boolean().default(false),
  uncalibrated: z.boolean().default(false),
  backdrops: z.string().optional(),
  /** WIDTHxHEIGHT of every clip; otherwise each draws one of several up to 1280x720. */
  picture: z
    .string()
    .regex(/^\d{3,4}x\d{3,4}$/, 'give WIDTHxHEIGHT')
    .optional(),
});

interface Context {
  model: Model;
  options: z.infer<typeof optionsSchema>;
  /** One more clip has been looked at. */
  counted(): void;
}

interface Batch {
  kind: string;
  count: number;
  seconds: number;
  density: Density;
}

export async function evaluate(args: string[]): Promise<void> {
  const options = parse(args);
  const model = await loadModel(options.model);
  const falls = {
    kind: 'falls',
    count: Math.ceil(options.falls / FALLS_PER_CLIP),
    seconds: FALL_CLIP_SECONDS,
    density: 'crowded' as const,
  };
  const { density } = options;
  const seconds = options['clip-seconds'] ?? QUIET_CLIP_SECONDS[density];
  const perKind = (options.hours * 3600) / seconds / KINDS.length;
  const count = perKind > 0 ? Math.max(1, Math.round(perKind)) : 0;
  const soak = KINDS.map((kind) => ({ kind, count, seconds, density }));
  const real = existsSync(footage) ? await realClips() : [];
  if (real.length === 0) process.stderr.write(`no real clips: ${footage} is not there\n`);

  const expected = falls.count + soak.length * count + real.length;
  const progress = createProgress('clips');
  let done = 0;
  const context: Context = {
    model,
    options,
    counted: () => progress.show(++done, expected),
  };
  const outcomes = { falls: await lookAt(falls, context), soak: [] as Outcome[], real: [] as Outcome[] };
  for (const batch of soak) outcomes.soak.push(...(await lookAt(batch, context)));
  for (const clip of real) outcomes.real.push(await lookAtReal(clip, context));
  progress.end();
  const report = reportOf({ seed: options.seed, density }, outcomes);
  process.stdout.write(toText(report));
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

function parse(args: string[]): z.infer<typeof optionsSchema> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ hours: text, falls: text, seed: text, density: text, 'clip-seconds': text, picture: text, backdrops: text },
    ...{ json: text, model: text, work: text, python: text },
    ...{ keep: flag, uncalibrated: flag },
  };
  const { values } = readCommand(
    { args, options },
    `npm run eval -- highthrow, options ${Object.keys(options).join(', ')}`,
  );
  const parsed = optionsSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StartError(`--${issue?.path.join('.')}: ${issue?.message}`);
}

/** Makes clips of one kind and runs the detector over each; the next ones are made meanwhile. */
async function lookAt(batch: Batch, context: Context): Promise<Outcome[]> {
  const { options } = context;
  const folder = join(options.work, batch.kind);
  if (!options.keep) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const outcomes: Outcome[] = [];
  await generate(batch, { folder, first: 0 }, options);
  for (let first = 0; first < batch.count; first += PORTION) {
    const next = generate(batch, { folder, first: first + PORTION }, options);
    const [looked] = await Promise.all([lookAtPortion(batch, { folder, first }, context), next]);
    outcomes.push(...looked);
  }
  return outcomes;
}

interface Portion {
  folder: string;
  /** Number of its first clip. */
  first: number;
}

async function lookAtPortion(batch: Batch, { folder, first }: Portion, context: Context): Promise<Outcome[]> {
  const { options } = context;
  const outcomes: Outcome[] = [];
  for (let number = first; number < Math.min(first + PORTION, batch.count); number++) {
    const truth = await truthOf(join(folder, clipName(batch, options, number)), batch, options.picture);
    outcomes.push(await outcomeOf(batch.kind, truth, { path: join(folder, truth.file), context }));
    context.counted();
    if (options.keep) continue;
    await rm(join(folder, truth.file));
    await rm(join(folder, `${truth.file}.looks`));
    await rm(join(folder, truth.file.replace('.mp4', '.json')));
  }
  return outcomes;
}

/** As generate.py names it. */
function clipName({ kind, density }: Batch, { seed, backdrops }: Context['options'], number: number): string {
  const what = `${kind}${density === 'crowded' ? '' : `-${density}`}${backdrops ? '-before' : ''}`;
  return `${what}-${seed}-${String(number).padStart(5, '0')}.json`;
}

/** What a clip holds. A kept one of another length or size would change what the figures mean: it is refused. */
async function truthOf(path: string, batch: Batch, picture: string | undefined): Promise<Truth> {
  const truth = truthSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const seconds = truth.frames / truth.fps;
  const size = `${truth.width}x${truth.height}`;
  if (Math.abs(seconds - batch.seconds) > 1)
    throw new StartError(`${path} is ${seconds.toFixed(1)} s long, not ${batch.seconds}: use another --work`);
  if (picture && picture !== size) throw new StartError(`${path} is ${size}, not ${picture}: use another --work`);
  return truth;
}

async function generate(batch: Batch, part: Portion, options: Context['options']) {
  const portion = Math.min(PORTION, batch.count - part.first);
  if (portion <= 0) return;
  const [width, height] = options.picture?.split('x') ?? [];
  const made = run(options.python, [
    join(root, 'models', 'highthrow', 'train', 'generate.py'),
    ...['--out', part.folder, '--seed', String(options.seed), '--first', String(part.first)],
    ...['--count', String(portion), '--kind', batch.kind, '--seconds', String(batch.seconds)],
    ...['--density', batch.density],
    ...(options.backdrops ? ['--backdrops', options.backdrops] : []),
    ...(width && height ? ['--width', width, '--height', height] : []),
  ]);
  // What the program says last is the cause; above it stands where it came from.
  await made.catch((error: Error & { stderr?: string }) => {
    throw new StartError(error.stderr?.trim().split('\n').at(-1) || error.message);
  });
}

async function outcomeOf(kind: string, truth: Truth, clip: { path: string; context: Context }): Promise<Outcome> {
  const { model, options } = clip.context;
  const events = await eventsOf(clip.path, {
    model,
    calibration: options.uncalibrated ? undefined : calibrationOf(truth),
  });
  const { all, asked } = fallsOf(truth);
  // A fall too short to be asked for may be found all the same: that is no false alarm.
  const { matches, falseAlarms } = matchEvents({ falls: all, events, fps: truth.fps, nearPx: NEAR_PX });
  const kept = matches.filter((match) => asked.has(match.fall.id));
  return {
    file: truth.file,
    kind,
    seconds: truth.frames / truth.fps,
    matches: kept,
    falseAlarms,
    floorErrors: kept.flatMap(({ fall, event }) => (event ? [floorError(truth, fall, event)] : [])),
  };
}

/** What the detector tells of a clip. It is looked at once; the looks are kept beside it. */
async function eventsOf(path: string, of: { model: Model; calibration: Calibration | undefined }) {
  const { model, calibration } = of;
  const { width, height, looks } = await keptLooks(path, { file: `${path}.looks`, model });
  const facade = calibration && mapFacade(calibration, { width, height });
  const startFrom = model.manifest.thresholds.sighting;
  const follower = createFollower({ width, height, startFrom, judges: model.judges, facade });
  const falls = looks.flatMap((look) => follower.follow(look).complete);
  return [...falls, ...follower.flush()].map(toEvent);
}

/** What the gateway would say with the facade's corners calibrated, against where the throw was. */
function floorError(truth: Truth, fall: Fall, event: DetectedEvent): number | undefined {
  const map = mapFacade(calibrationOf(truth), truth);
  if (!map || fall.floor === undefined) return undefined;
  const hits = event.track.map((hit) => ({
    ...hit,
    vx: 0,
    vy: 0,
    sizePx: fall.sizePx,
    contrast: 0,
    behind: 0,
    probabilities: [],
  }));
  const floor = findOrigin({ id: 0, hits, frames: hits.length }, map)?.places[0]?.floor;
  return floor === undefined ? undefined : Math.abs(floor - fall.floor);
}

interface RealClip {
  file: string;
  falls: { id: string; frames: [number, number] }[];
}

/** The falls as the ground truth has them, and the quiet clips, where every event is a false alarm. */
async function realClips(): Promise<RealClip[]> {
  const { clips } = realSchema.parse(JSON.parse(await readFile(join(footage, 'ground_truth.json'), 'utf8')));
  const quiet = (await readdir(join(footage, 'quiet'))).sort();
  return [...clips, ...quiet.map((name) => ({ file: join('quiet', name), falls: [] }))];
}

async function lookAtReal(clip: RealClip, { model, counted }: Context): Promise<Outcome> {
  const { events, fps, frames } = await detectVideo(join(footage, clip.file), { model });
  const known = clip.falls.map(({ id, frames: [from, to] }): Fall => {
    // The truth counts frames from 1.
    const track = Array.from({ length: to - from + 1 }, (_, index) => [from - 1 + index, 0, 0] as const);
    return { id, track, mirrored: [], sizePx: 0, contrast: 0, light: 'day', drifts: false, floor: undefined };
  });
  const outcome = matchEvents({ falls: known, events, fps, nearPx: undefined });
  counted();
  return { file: clip.file, kind: 'real', seconds: frames / fps, ...outcome, floorErrors: [] };
}
