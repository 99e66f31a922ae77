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

export type Truth = z.infer<typeof truthSchema>;

/** What a fall must show to be counted: seconds in the picture and share of its height. */
const COUNTED = { seconds: 0.3, dropShare: 0.15 };

/** All falls of a clip, and the ids of those that the detector is asked for. */
export function fallsOf(truth: Truth): { all: Fall[]; asked: Set<string> } {
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
        light: truth.recipe.light,
        floor: object.floor,
      },
    ];
  });
  return { all, asked };
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
