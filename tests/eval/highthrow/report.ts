// From the outcomes of clips to a report: recall by size, contrast and light, false alarms per
// camera-day by kind of clip, temporal overlap, floors; each with counts and a 95 % interval. Pure.
import { z } from 'zod';
import camera from '../../../devices/kinds/high-throw-camera.ts';
import { SURE_FROM } from '../../../edge/vision/judge/accept.ts';
import type { DetectedEvent, Match } from './matching.ts';
import { poisson, wilson } from './statistics.ts';

export interface Outcome {
  file: string;
  kind: string;
  seconds: number;
  matches: Match[];
  falseAlarms: DetectedEvent[];
  /** Per found fall, how many floors the answer was off; undefined without an answer. */
  floorErrors: (number | undefined)[];
}

export interface Outcomes {
  falls: Outcome[];
  soak: Outcome[];
  real: Outcome[];
}

/** An alarm stands until nothing has happened for so long: what comes before is counted by it and rings nobody. */
const QUIET_MS = z
  .object({ clearAfterQuietMs: z.number() })
  .parse(camera.rules.find((rule) => rule.id === 'falling-object')?.with).clearAfterQuietMs;
const SIZE_EDGES = [3, 4, 6, 10, 20, 45];
const CONTRAST_EDGES = [6, 12, 25, 50, 260];
/** What the bar asks for. */
const BAR = { sizePx: 4, contrast: 12 };

export function reportOf(clips: { seed: number; density: string }, { falls, soak, real }: Outcomes) {
  const matches = falls.flatMap((clip) => clip.matches);
  return {
    ...clips,
    recall: recallTable(matches),
    temporalOverlap: overlapOf([...falls, ...real]),
    floorWithinOne: floorsOf(falls),
    soak: { total: rateOf(soak), byKind: byKind(soak) },
    falseAlarmsBesideFalls: rateOf(falls),
    real: real.map((clip) => ({
      file: clip.file,
      falls: clip.matches.length,
      found: clip.matches.filter((match) => match.event).length,
      falseAlarms: clip.falseAlarms.length,
      seconds: rounded(clip.seconds),
    })),
    missed: falls.flatMap((clip) =>
      clip.matches
        .filter((match) => !match.event)
        .map(({ fall }) => ({ clip: clip.file, id: fall.id, sizePx: fall.sizePx, contrast: fall.contrast })),
    ),
    invented: [...falls, ...soak].flatMap((clip) =>
      clip.falseAlarms.map(({ startMs, endMs, confidence }) => ({ clip: clip.file, startMs, endMs, confidence })),
    ),
  };
}

export type Report = ReturnType<typeof reportOf>;

function recallTable(matches: readonly Match[]) {
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
  const lights = [...new Set(asked.map(({ fall }) => fall.light))].sort();
  const byLight = lights.map((light) => ({ light, ...share(asked.filter(({ fall }) => fall.light === light)) }));
  const byWeight = {
    heavy: share(asked.filter(({ fall }) => !fall.drifts)),
    drifting: share(asked.filter(({ fall }) => fall.drifts)),
  };
  return { from4px12levels: share(asked), all: share(matches), byWeight, byLight, cells };
}

function share(matches: readonly Match[]) {
  const found = matches.filter((match) => match.event).length;
  const { low, high } = wilson(found, matches.length);
  return {
    falls: matches.length,
    found,
    /** Of those found: told as sure, not as suspected. */
    sure: matches.filter((match) => (match.event?.confidence ?? 0) >= SURE_FROM).length,
    recall: rounded(found / matches.length),
    low: rounded(low),
    high: rounded(high),
  };
}

function overlapOf(outcomes: readonly Outcome[]) {
  const found = outcomes.flatMap((clip) => clip.matches).filter((match) => match.event);
  const overlaps = found.map((match) => match.overlap);
  return { events: found.length, mean: rounded(overlaps.reduce((sum, x) => sum + x, 0) / found.length) };
}

function floorsOf(outcomes: readonly Outcome[]) {
  const errors = outcomes.flatMap((clip) => clip.floorErrors);
  const right = errors.filter((error) => error !== undefined && error <= 1).length;
  const { low, high } = wilson(right, errors.length);
  const unanswered = errors.filter((error) => error === undefined).length;
  return {
    falls: errors.length,
    right,
    unanswered,
    share: rounded(right / errors.length),
    low: rounded(low),
    high: rounded(high),
  };
}

function byKind(outcomes: readonly Outcome[]) {
  const kinds = [...new Set(outcomes.map((clip) => clip.kind))];
  return kinds.map((kind) => ({ kind, ...rateOf(outcomes.filter((clip) => clip.kind === kind)) }));
}

function rateOf(outcomes: readonly Outcome[]) {
  const days = outcomes.reduce((sum, clip) => sum + clip.seconds, 0) / 86_400;
  const isSure = (event: DetectedEvent) => event.confidence >= SURE_FROM;
  const falseAlarms = outcomes.reduce((sum, clip) => sum + clip.falseAlarms.length, 0);
  const { low, high } = poisson(falseAlarms);
  const ring = (which: (event: DetectedEvent) => boolean) =>
    outcomes.reduce((sum, clip) => sum + alarmsOf(clip.falseAlarms.filter(which)), 0);
  return {
    cameraHours: rounded(days * 24),
    falseAlarms,
    sure: outcomes.flatMap((clip) => clip.falseAlarms).filter(isSure).length,
    perCameraDay: rounded(falseAlarms / days),
    low: rounded(low / days),
    high: rounded(high / days),
    /** As often as an alarm would be raised for them, sure ones and suspected ones each by its own rule. */
    raised: { sure: ring(isSure), suspected: ring((event) => !isSure(event)) },
  };
}

/** How often an alarm is raised by events of one rule in one clip. */
export function alarmsOf(events: readonly DetectedEvent[]): number {
  const times = events.map((event) => event.endMs).sort((a, b) => a - b);
  return times.filter((time, place) => place === 0 || time - (times[place - 1] ?? 0) > QUIET_MS).length;
}

function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}

/** In the place of a figure. */
const NOTHING = 'nothing to count';

export function toText(report: Report): string {
  const { recall, floorWithinOne: floors } = report;
  const lines = [
    `recall from 4 px and 12 levels: ${said(recall.from4px12levels)}`,
    `  heavy things: ${said(recall.byWeight.heavy)}`,
    `  paper, bags, cloth: ${said(recall.byWeight.drifting)}`,
    ...recall.byLight.map((row) => `  ${row.light}: ${said(row)}`),
    `recall of all: ${said(recall.all)}`,
    ...recall.cells
      .filter((cell) => cell.falls > 0)
      .map((cell) => `  ${cell.sizePx.join('–')} px, ${cell.contrast.join('–')} levels: ${said(cell)}`),
    `temporal overlap: ${report.temporalOverlap.mean} over ${report.temporalOverlap.events} events`,
    `floor right within one: ${floorsSaid(floors)}`,
    `false alarms beside falls: ${perDay(report.falseAlarmsBesideFalls)}`,
    `false alarms in the soak (density ${report.density}): ${perDay(report.soak.total)}`,
    ...report.soak.byKind.map((row) => `  ${row.kind}: ${perDay(row)}`),
    ...report.real.map((row) => `${row.file}: ${row.found}/${row.falls} falls, ${row.falseAlarms} false alarms`),
  ];
  return `${lines.join('\n')}\n`;
}

function floorsSaid({ right, falls, share, low, high, unanswered }: ReturnType<typeof floorsOf>): string {
  if (falls === 0) return NOTHING;
  return `${right}/${falls} = ${share} (95 % interval ${low} to ${high}), ${unanswered} unanswered`;
}

function said(row: ReturnType<typeof share>): string {
  if (row.falls === 0) return NOTHING;
  return `${row.found}/${row.falls} = ${row.recall} (95 % interval ${row.low} to ${row.high}), ${row.sure} of them sure`;
}

function perDay(row: ReturnType<typeof rateOf>): string {
  if (row.cameraHours === 0) return NOTHING;
  return `${row.falseAlarms} in ${row.cameraHours} h = ${row.perCameraDay} per camera-day (95 % interval ${row.low} to ${row.high}), ${row.sure} of them sure; alarms raised by them: ${row.raised.sure} sure, ${row.raised.suspected} suspected`;
}
