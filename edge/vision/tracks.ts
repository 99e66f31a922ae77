/**
 * What the tracker makes of clips, and what is measured of it: the material that the judges
 * learn from (`models/highthrow/train/judge.py`).
 *   node edge/vision/tracks.ts LIST FOLDER
 * In: LIST, JSON: [{video, calibration?}, …]. Out: in FOLDER for each video a .jsonl file, a line for each
 * track that would be judged; without a calibration what is measured in metres is missing. What is there
 * already is not made again, so that a stopped run goes on.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { calibrationSchema } from '../../core/camera-options.ts';
import { mapFacade } from '../../core/facade.ts';
import { type Judges, loadModel, type Model } from '../../models/run.ts';
import { MODEL_FOLDER } from './detect-video.ts';
import { createFollower } from './follow.ts';
import { type JudgeOptions, keepsRules } from './judge/accept.ts';
import { featuresOf } from './judge/features.ts';
import { sequenceOf } from './judge/sequence.ts';
import { keptLooks } from './looks.ts';
import { createProgress } from './progress.ts';
import type { Track } from './track/tracker.ts';

/** Corners of a composite's facade may lie beyond its picture, where nobody could click them. */
const anywhere = z.strictObject({ x: z.number(), y: z.number(), column: z.number(), floor: z.number() });
const listSchema = z.array(
  z.strictObject({
    video: z.string(),
    calibration: calibrationSchema.extend({ points: z.array(anywhere).min(4) }).optional(),
  }),
);

/** Believes nothing, so that every track is judged in every way that it can be. */
const NEVER = {
  features: ['belief'],
  trees: [{ feature: [-1], threshold: [0], left: [0], right: [0], value: [-100] }],
  told: 0,
  sure: 1,
};
const UNBELIEVING: Judges = { calibrated: NEVER, uncalibrated: NEVER };
/** Points of a track that say which truth it belongs to. */
const POINTS_MAX = 60;
/** A part of a track is what is judged while its object is in the air. */
const PART_HITS_MIN = 8;

const [list = '', folder = ''] = process.argv.slice(2);
const clips = listSchema.parse(JSON.parse(await readFile(list, 'utf8')));
await mkdir(folder, { recursive: true });
const model = await loadModel(MODEL_FOLDER);
const progress = createProgress('clips');
for (const [place, clip] of clips.entries()) {
  const name = basename(clip.video, extname(clip.video));
  const target = join(folder, `${name}.jsonl`);
  if (!(await stat(target).catch(() => undefined))) {
    const lines = await tracksOf(clip, { model, looks: join(folder, `${name}.looks`) });
    await writeFile(`${target}.part`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await rename(`${target}.part`, target);
  }
  progress.show(place + 1, clips.length);
}
progress.end();

async function tracksOf(
  { video, calibration }: z.infer<typeof listSchema>[number],
  of: { model: Model; looks: string },
): Promise<unknown[]> {
  const { width, height, looks } = await keptLooks(video, { file: of.looks, model: of.model });
  const facade = calibration && mapFacade(calibration, { width, height });
  if (calibration && !facade) throw new Error(`${video}: its calibration does not span a facade`);
  const lines: unknown[] = [];
  let judged = 0;
  const take = (track: Track, options: JudgeOptions, isPart: boolean) => {
    if (!keepsRules(track, options)) return;
    const { around } = options;
    const life = isPart ? { ...around.life(), after: [] } : around.life();
    const scene = { width, height, facade, life, crowd: around.crowd(), clutter: around.clutter() };
    const features = mapped(featuresOf(track, scene), (value) => Number(value.toPrecision(6)));
    const sequence = mapped(sequenceOf(track, scene), (values) => values.map((value) => Number(value.toFixed(3))));
    lines.push({ track: track.id, isPart, points: pointsOf(track), features, sequence });
  };
  const follower = createFollower({
    ...{ width, height, facade, judges: UNBELIEVING, startFrom: of.model.manifest.thresholds.sighting },
    onJudged(track, options) {
      take(track, options, false);
      take(partOf(track, judged++), options, true);
    },
  });
  for (const look of looks) follower.follow(look);
  follower.flush();
  return lines;
}

function mapped<T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** Its first hits: of one track a few, of the next nearly all. */
function partOf(track: Track, number: number): Track {
  const most = track.hits.length;
  const count = Math.max(PART_HITS_MIN, Math.round(most * (0.3 + 0.6 * ((number * 0.618) % 1))));
  const hits = track.hits.slice(0, count);
  return { id: track.id, hits, frames: Math.max(hits.length, Math.round((track.frames * hits.length) / most)) };
}

function pointsOf({ hits }: Track): number[][] {
  const step = Math.max(1, Math.ceil(hits.length / POINTS_MAX));
  const chosen = hits.filter((_, place) => place % step === 0 || place === hits.length - 1);
  return chosen.map(({ atMs, x, y }) => [Math.round(atMs), Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
}
