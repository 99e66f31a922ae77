// What a composite clip holds, as models/highthrow/train/generate.py writes it beside the video.
import { z } from 'zod';
import type { Fall } from './matching.ts';

const cornerSchema = z.object({ x: z.number(), y: z.number() });

export const truthSchema = z.object({
  file: z.string(),
  width: z.number(),
  height: z.number(),
  fps: z.number(),
  frames: z.number(),
  recipe: z.object({ light: z.string() }),
  objects: z.array(
    z.object({
      class: z.string(),
      shape: z.string().optional(),
      floor: z.number().optional(),
      /** Frame, centre, size, 1 when nothing is before it, and of thrown things by how many grey levels they show. */
      track: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]).rest(z.number())),
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

export type Truth = z.infer<typeof truthSchema>;

/** What can be seen of a fall to be counted: seconds and share of the picture's height … */
const COUNTED = { seconds: 0.3, dropShare: 0.15 };
/** … in frames in which it differs by so many grey levels: before a wall of its own brightness nobody sees it. */
const CONTRAST_MIN = 6;
/** Shapes that never fall faster than 7 m/s, the generator's LIGHT_SPEED. */
const DRIFTING = new Set(['plastic-bag', 'tissue', 'paper-sheet', 'newspaper', 'cloth']);

/** All falls of a clip, and the ids of those that the detector is asked for. */
export function fallsOf(truth: Truth): { all: Fall[]; asked: Set<string> } {
  const asked = new Set<string>();
  const all = truth.objects.flatMap((object, index): Fall[] => {
    if (object.class !== 'thrown-object') return [];
    const seen = object.track.filter((entry) => entry[4] === 1 && contrastOf(entry) >= CONTRAST_MIN);
    const [first, last] = [seen[0], seen.at(-1)];
    if (!first || !last) return [];
    const id = `${index}-${object.shape}`;
    const long = (last[0] - first[0]) / truth.fps >= COUNTED.seconds;
    if (long && last[2] - first[2] >= COUNTED.dropShare * truth.height) asked.add(id);
    return [
      {
        id,
        track: seen.map(([frame, x, y]) => [frame, x, y] as const),
        mirrored: (object.mirrored ?? []).map(([frame, x, y]) => [frame, x, y] as const),
        sizePx: medianOf(seen.map((entry) => entry[3])),
        contrast: medianOf(seen.map(contrastOf)),
        light: truth.recipe.light,
        drifts: DRIFTING.has(object.shape ?? ''),
        floor: object.floor,
      },
    ];
  });
  return { all, asked };
}

function contrastOf(entry: readonly number[]): number {
  return entry[5] ?? 0;
}

function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The facade's corners as an operator would click them. */
export function calibrationOf(truth: Truth) {
  const { corners, floors, units, widthMetres, heightMetres } = truth.calibration;
  const point = (corner: { x: number; y: number }, column: number, floor: number) => ({
    x: corner.x / truth.width,
    y: corner.y / truth.height,
    column,
    floor,
  });
  return {
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
  };
}
