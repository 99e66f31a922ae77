/**
 * Looks at a recording once and keeps what was seen, so that it can be judged as often as somebody changes
 * a rule: looking takes nearly all of the time. In: a video. Out: its looks, and a file of them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import type { Model } from '../../models/run.ts';
import { createLooker, type Look, type Looker } from './look/look.ts';
import type { Sighting } from './look/verify.ts';
import { SourceError } from './sources/source.ts';
import { openVideo } from './sources/video.ts';
import { createTracker } from './track/tracker.ts';

export interface Looks {
  width: number;
  height: number;
  fps: number;
  frames: number;
  looks: Look[];
}

/** What decides what is seen: a change in one of these makes older files worthless. */
const SOURCES = [
  'look/candidates.ts',
  'look/contrast.ts',
  'look/frame-ring.ts',
  'look/gate.ts',
  'look/look.ts',
  'look/picture.ts',
  'look/sway.ts',
  'look/verify.ts',
  'track/tracker.ts',
  'sources/video.ts',
  'sources/luma.ts',
];
/** Numbers of a look before those of its sightings, and of a sighting before its probabilities. */
const LOOK_NUMBERS = 4;
const SIGHTING_NUMBERS = 7;

/** Throws SourceError when it cannot be read or changes its size. */
export async function lookAt(input: string, model: Model): Promise<Looks> {
  const source = await openVideo(input, { clock: systemClock });
  const { width, height, fps } = source;
  const startFrom = model.manifest.thresholds.sighting;
  const tracker = createTracker({ width, height, startFrom });
  const looker: Looker = createLooker({ model, width, height });
  const looks: Look[] = [];
  let frames = 0;
  try {
    for await (const picture of source.pictures()) {
      if (picture.width !== width || picture.height !== height)
        throw new SourceError(`${input}: changes its size, so it cannot be looked at as one`);
      picture.copyLuma(looker.nextLuma());
      const { look } = await looker.look(picture.atMs, tracker.expected);
      frames += 1;
      if (!look) continue;
      tracker.update(look.sightings, look);
      looks.push(look);
    }
  } finally {
    await source.close();
  }
  return { width, height, fps, frames, looks };
}

/** The looks in the file, or of the video, which are then kept in the file. */
export async function keptLooks(input: string, of: { file: string; model: Model }): Promise<Looks> {
  const stamp = stampOf(of.model);
  const kept = await readLooks(of.file, stamp);
  if (kept) return kept;
  const seen = await lookAt(input, of.model);
  await writeFile(`${of.file}.part`, toBytes(seen, stamp));
  await rename(`${of.file}.part`, of.file);
  return seen;
}

function stampOf({ manifest }: Model): string {
  const hash = createHash('sha256').update(JSON.stringify([manifest.graphs, manifest.gate, manifest.thresholds]));
  for (const name of SOURCES) hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex');
}

function toBytes({ looks, ...about }: Looks, stamp: string): Buffer {
  const numbers = looks.flatMap(({ atMs, calm, activeShare, sightings }) => [
    ...[atMs, calm ? 1 : 0, activeShare, sightings.length],
    ...sightings.flatMap((it) => [it.x, it.y, it.vx, it.vy, it.sizePx, it.contrast, it.behind, ...it.probabilities]),
  ]);
  const classes = looks.find((look) => look.sightings.length)?.sightings[0]?.probabilities.length ?? 0;
  const head = `${JSON.stringify({ ...about, stamp, classes })}\n`;
  // What follows is read as numbers of eight bytes each, which must begin at a multiple of eight.
  const padded = `${head.trimEnd()}${' '.repeat((8 - (head.length % 8)) % 8)}\n`;
  return Buffer.concat([Buffer.from(padded), Buffer.from(Float64Array.from(numbers).buffer)]);
}

/** Undefined when there is none, or one of another detector. */
async function readLooks(file: string, stamp: string): Promise<Looks | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) return undefined;
  const end = bytes.indexOf('\n') + 1;
  const { stamp: kept, classes, ...about } = JSON.parse(bytes.subarray(0, end).toString());
  if (kept !== stamp) return undefined;
  const numbers = new Float64Array(new Uint8Array(bytes.subarray(end)).buffer);
  const looks: Look[] = [];
  for (let at = 0; at < numbers.length; ) {
    const [atMs = 0, calm = 0, activeShare = 0, count = 0] = numbers.subarray(at, at + LOOK_NUMBERS);
    at += LOOK_NUMBERS;
    const sightings = Array.from({ length: count }, (_, place) =>
      toSighting(
        numbers.subarray(at + place * (SIGHTING_NUMBERS + classes), at + (place + 1) * (SIGHTING_NUMBERS + classes)),
      ),
    );
    at += count * (SIGHTING_NUMBERS + classes);
    looks.push({ atMs, calm: calm === 1, activeShare, sightings });
  }
  return { ...about, looks };
}

function toSighting(numbers: Float64Array): Sighting {
  const [x = 0, y = 0, vx = 0, vy = 0, sizePx = 0, contrast = 0, behind = 0] = numbers;
  const probabilities = Array.from(numbers.subarray(SIGHTING_NUMBERS));
  return { x, y, vx, vy, sizePx, contrast, behind, thrown: probabilities[0] ?? 0, probabilities };
}
