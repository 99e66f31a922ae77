// `npm run eval -- highthrow`: what the detector finds and what it invents.
// In: composite clips of a seed that training never uses, and the real clips when they are at hand.
// Out: a printed report and, with --json FILE, the same as JSON: recall by size and contrast, false
// alarms per camera-day by kind of clip, temporal overlap, floors; each with counts and 95 % intervals.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { mapFacade } from '../../edge/vision/calibration.ts';
import { detectVideo } from '../../edge/vision/detect-video.ts';
import { findOrigin } from '../../edge/vision/place.ts';
import { loadModel } from '../run.ts';
import { type DetectedEvent, type Fall, type Match, matchEvents } from './matching.ts';
import { poisson, wilson } from './statistics.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
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
const PORTION = 8;
const SIZE_EDGES = [3, 4, 6, 10, 20, 45];
const CONTRAST_EDGES = [6, 12, 25, 50, 260];
/** What the bar asks for, and what a fall must show to be counted: time in the picture and drop. */
const BAR = { sizePx: 4, contrast: 12 };
const COUNTED = { seconds: 0.3, dropShare: 0.15 };

const cornerSchema = z.object({ x: z.number(), y: z.number() });
const truthSchema = z.object({
  file: z.string(),
  width: z.number(),
  height: z.number(),
  fps: z.number(),
  frames: z.number(),
  objects: z.array(
    z.object({
      class: z.string(),
      shape: z.string().optional(),
      contrast: z.number().optional(),
      floor: z.number().optional(),
      track: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])),
      mirrored: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).optional(),
    }),
  ),
  calibration: z.object({
    corners: z.object({
      bottomLeft: cornerSchema,
      bottomRight: cornerSchema,
      topLeft: cornerSchema,
      topRight: cornerSchema,
    }),
    widthMetres: z.number(),
    heightMetres: z.number(),
    floors: z.number(),
    units: z.number(),
  }),
});
type Truth = z.infer<typeof truthSchema>;

const realSchema = z.object({
  clips: z.array(
    z.object({
      file: z.string(),
      fps: z.number(),
      falls: z.array(z.object({ id: z.string(), frames: z.tuple([z.number(), z.number()]) })),
    }),
  ),
});

interface Outcome {
  file: string;
  kind: string;
  seconds: number;
  matches: Match[];
  falseAlarms: DetectedEvent[];
  /** Per found fall, how many floors the answer was off; undefined without an answer. */
  floorErrors: (number | undefined)[];
}

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '0.5' },
    falls: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(FRESH_SEED) },
    'clip-seconds': { type: 'string', default: '60' },
    json: { type: 'string' },
    work: { type: 'string', default: join(root, '.training', 'eval') },
    python: { type: 'string', default: '/usr/bin/python3' },
    keep: { type: 'boolean', default: false },
  },
});

const model = await loadModel(import.meta.dirname);
const falls = await composites('falls', Math.ceil(Number(options.falls) / 2), 20);
const clipSeconds = Number(options['clip-seconds']);
const perKind = (Number(options.hours) * 3600) / clipSeconds / KINDS.length;
const soak: Outcome[] = [];
if (perKind > 0)
  for (const kind of KINDS) soak.push(...(await composites(kind, Math.max(1, Math.round(perKind)), clipSeconds)));
const real = existsSync(footage) ? await realClips() : [];

const report = {
  seed: Number(options.seed),
  recall: recallTable(falls.flatMap((clip) => clip.matches)),
  temporalOverlap: overlapOf([...falls, ...real]),
  floorWithinOne: floorsOf(falls),
  soak: soakTable(soak),
  falseAlarmsBesideFalls: rateOf(falls),
  real: real.map((clip) => ({
    file: clip.file,
    falls: clip.matches.length,
    found: clip.matches.filter((match) => match.event).length,
    falseAlarms: clip.falseAlarms.length,
    seconds: round(clip.seconds),
  })),
  missed: falls.flatMap((clip) =>
    clip.matches
      .filter((match) => !match.event)
      .map(({ fall }) => ({ clip: clip.file, id: fall.id, sizePx: fall.sizePx, contrast: fall.contrast })),
  ),
};
print(report);
if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);

/** Makes clips of one kind and runs the detector over each; the next ones are made meanwhile. */
async function composites(kind: string, count: number, seconds: number): Promise<Outcome[]> {
  const folder = join(options.work, kind);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const outcomes: Outcome[] = [];
  let made = generate({ kind, folder, seconds, first: 0, count });
  for (let first = 0; first < count; first += PORTION) {
    await made;
    const names = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
    made = generate({ kind, folder, seconds, first: first + PORTION, count });
    for (const name of names) {
      const truth = truthSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      outcomes.push(await outcomeOf(kind, truth, join(folder, truth.file)));
      if (!options.keep) await rm(join(folder, truth.file));
      await rm(join(folder, name));
    }
    const alarms = outcomes.reduce((sum, clip) => sum + clip.falseAlarms.length, 0);
    process.stderr.write(`${kind}: ${outcomes.length}/${count} clips, ${alarms} false alarms\n`);
  }
  return outcomes;
}

/** In small portions, so that a soak of many hours needs little disk. */
async function generate(order: { kind: string; folder: string; seconds: number; first: number; count: number }) {
  const portion = Math.min(PORTION, order.count - order.first);
  if (portion <= 0) return;
  await run(options.python, [
    join(root, 'models', 'highthrow', 'train', 'generate.py'),
    ...['--out', order.folder, '--seed', options.seed, '--first', String(order.first), '--count', String(portion)],
    ...['--kind', order.kind, '--seconds', String(order.seconds)],
  ]);
}

async function outcomeOf(kind: string, truth: Truth, path: string): Promise<Outcome> {
  const { events } = await detectVideo(path, { model });
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

/** What the gateway would say with the facade's corners calibrated, against where the throw was. */
function floorError(truth: Truth, fall: Fall, event: DetectedEvent): number | undefined {
  const { corners, floors, units, widthMetres, heightMetres } = truth.calibration;
  const point = (corner: { x: number; y: number }, column: number, floor: number) => ({
    x: corner.x / truth.width,
    y: corner.y / truth.height,
    column,
    floor,
  });
  const map = mapFacade(
    {
      points: [
        point(corners.bottomLeft, 0, 1),
        point(corners.bottomRight, units, 1),
        point(corners.topLeft, 0, floors + 1),
        point(corners.topRight, units, floors + 1),
      ],
      columns: Array.from({ length: units }, (_, index) => String(index + 1)),
      lowestFloor: 1,
      highestFloor: floors,
      floorHeightMetres: heightMetres / floors,
      columnWidthMetres: widthMetres / units,
    },
    truth,
  );
  if (!map || fall.floor === undefined) return undefined;
  const hits = event.track.map((hit) => ({ ...hit, sizePx: fall.sizePx, probabilities: [] }));
  const floor = findOrigin({ id: 0, hits, frames: hits.length }, map)?.places[0]?.floor;
  return floor === undefined ? undefined : Math.abs(floor - fall.floor);
}

function fallsOf(truth: Truth): { all: Fall[]; asked: Set<string> } {
  const asked = new Set<string>();
  const all = truth.objects.flatMap((object, index): Fall[] => {
    if (object.class !== 'thrown-object') return [];
    const seen = object.track.filter((entry) => entry[4] === 1);
    const [first, last] = [seen[0], seen.at(-1)];
    if (!first || !last) return [];
    const sizes = seen.map((entry) => entry[3]).sort((a, b) => a - b);
    const id = `${index}-${object.shape}`;
    const long = (last[0] - first[0]) / truth.fps >= COUNTED.seconds;
    if (long && last[2] - first[2] >= COUNTED.dropShare * truth.height) asked.add(id);
    return [
      {
        id,
        track: seen.map(([frame, x, y]) => [frame, x, y] as const),
        mirrored: (object.mirrored ?? []).map(([frame, x, y]) => [frame, x, y] as const),
        sizePx: sizes[Math.floor(sizes.length / 2)] ?? 0,
        contrast: object.contrast ?? 0,
        floor: object.floor,
      },
    ];
  });
  return { all, asked };
}

/** The falls as the ground truth has them, and the quiet clips, where every event is a false alarm. */
async function realClips(): Promise<Outcome[]> {
  const { clips } = realSchema.parse(JSON.parse(await readFile(join(footage, 'ground_truth.json'), 'utf8')));
  const quiet = (await readdir(join(footage, 'quiet')))
    .sort()
    .map((name) => ({ file: join('quiet', name), falls: [] }));
  const outcomes: Outcome[] = [];
  for (const clip of [...clips, ...quiet]) {
    const { events, fps, frames } = await detectVideo(join(footage, clip.file), { model });
    const known = clip.falls.map(({ id, frames: [from, to] }): Fall => {
      // The truth counts frames from 1.
      const track = Array.from({ length: to - from + 1 }, (_, index) => [from - 1 + index, 0, 0] as const);
      return { id, track, mirrored: [], sizePx: 0, contrast: 0, floor: undefined };
    });
    const outcome = matchEvents({ falls: known, events, fps, nearPx: undefined });
    outcomes.push({ file: clip.file, kind: 'real', seconds: frames / fps, ...outcome, floorErrors: [] });
    process.stderr.write(`${clip.file}: ${events.length} events\n`);
  }
  return outcomes;
}

function recallTable(matches: Match[]) {
  const cells = SIZE_EDGES.slice(0, -1).flatMap((size, i) =>
    CONTRAST_EDGES.slice(0, -1).map((contrast, j) => {
      const sizeTo = SIZE_EDGES[i + 1] ?? 0;
      const contrastTo = CONTRAST_EDGES[j + 1] ?? 0;
      const inside = matches.filter(
        ({ fall }) =>
          fall.sizePx >= size && fall.sizePx < sizeTo && fall.contrast >= contrast && fall.contrast < contrastTo,
      );
      return { sizePx: [size, sizeTo], contrast: [contrast, contrastTo], ...share(inside) };
    }),
  );
  const asked = matches.filter(({ fall }) => fall.sizePx >= BAR.sizePx && fall.contrast >= BAR.contrast);
  return { from4px12levels: share(asked), all: share(matches), cells };
}

function share(matches: Match[]) {
  const found = matches.filter((match) => match.event).length;
  const { low, high } = wilson(found, matches.length);
  return { falls: matches.length, found, recall: round(found / matches.length), low: round(low), high: round(high) };
}

function overlapOf(outcomes: Outcome[]) {
  const found = outcomes.flatMap((clip) => clip.matches).filter((match) => match.event);
  const overlaps = found.map((match) => match.overlap);
  return { events: found.length, mean: round(overlaps.reduce((sum, x) => sum + x, 0) / found.length) };
}

function floorsOf(outcomes: Outcome[]) {
  const errors = outcomes.flatMap((clip) => clip.floorErrors);
  const right = errors.filter((error) => error !== undefined && error <= 1).length;
  const { low, high } = wilson(right, errors.length);
  const unanswered = errors.filter((error) => error === undefined).length;
  return {
    falls: errors.length,
    right,
    unanswered,
    share: round(right / errors.length),
    low: round(low),
    high: round(high),
  };
}

function soakTable(outcomes: Outcome[]) {
  const byKind = KINDS.map((kind) => ({ kind, ...rateOf(outcomes.filter((clip) => clip.kind === kind)) }));
  return { total: rateOf(outcomes), byKind };
}

function rateOf(outcomes: Outcome[]) {
  const days = outcomes.reduce((sum, clip) => sum + clip.seconds, 0) / 86_400;
  const falseAlarms = outcomes.reduce((sum, clip) => sum + clip.falseAlarms.length, 0);
  const { low, high } = poisson(falseAlarms);
  return {
    cameraHours: round(days * 24),
    falseAlarms,
    perCameraDay: round(falseAlarms / days),
    low: round(low / days),
    high: round(high / days),
  };
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}

function print(result: typeof report): void {
  const lines = [
    `recall from 4 px and 12 levels: ${said(result.recall.from4px12levels)}`,
    `recall of all: ${said(result.recall.all)}`,
    ...result.recall.cells
      .filter((cell) => cell.falls > 0)
      .map((cell) => `  ${cell.sizePx.join('–')} px, ${cell.contrast.join('–')} levels: ${said(cell)}`),
    `temporal overlap: ${result.temporalOverlap.mean} over ${result.temporalOverlap.events} events`,
    `floor right within one: ${result.floorWithinOne.right}/${result.floorWithinOne.falls} = ${result.floorWithinOne.share} (95 % interval ${result.floorWithinOne.low} to ${result.floorWithinOne.high}), ${result.floorWithinOne.unanswered} unanswered`,
    `false alarms beside falls: ${perDay(result.falseAlarmsBesideFalls)}`,
    `false alarms in the soak: ${perDay(result.soak.total)}`,
    ...result.soak.byKind.filter((row) => row.cameraHours > 0).map((row) => `  ${row.kind}: ${perDay(row)}`),
    ...result.real.map((row) => `${row.file}: ${row.found}/${row.falls} falls, ${row.falseAlarms} false alarms`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function said(row: ReturnType<typeof share>): string {
  return `${row.found}/${row.falls} = ${row.recall} (95 % interval ${row.low} to ${row.high})`;
}

function perDay(row: ReturnType<typeof rateOf>): string {
  return `${row.falseAlarms} in ${row.cameraHours} h = ${row.perCameraDay} per camera-day (95 % interval ${row.low} to ${row.high})`;
}
