/**
 * Decides what goes wrong in the demonstration: within the first minute one of each family, then
 * something now and then, mostly small. A pure function of its seed.
 */
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export interface Cue {
  atMs: number;
  scenario: string;
}

/** Gate, camera, bin, fire; the camera's detector learns the scene first, so it gets a second throw. */
const OPENING: readonly Cue[] = [
  { atMs: 4_000, scenario: 'forced-gate' },
  { atMs: 6_000, scenario: 'bin-fire' },
  { atMs: 8_000, scenario: 'thrown-bottle' },
  { atMs: 10_000, scenario: 'kitchen-fire' },
  { atMs: 26_000, scenario: 'thrown-bottle' },
  { atMs: 44_000, scenario: 'thrown-bottle' },
];

/** Scenario → weight. Small things are common, fires are rare. */
const AFTERWARDS: Readonly<Record<string, number>> = {
  'full-bin': 5,
  'held-gate': 4,
  'burnt-dinner': 4,
  'sensor-fault': 3,
  'propped-fire-door': 3,
  'overloaded-cable': 2,
  'leaking-riser': 2,
  'thrown-bottle': 3,
  'forced-gate': 2,
  'bin-fire': 1,
  'kitchen-fire': 1,
};
const PAUSE_MS = [100_000, 280_000] as const;

/** The cues of a demonstration, without end. Throws when a name is no scenario. */
export function* direct(random: Random, scenarios: ReadonlyMap<string, Scenario>): Generator<Cue> {
  const deck = Object.entries(AFTERWARDS).flatMap(([name, weight]) => Array<string>(weight).fill(name));
  for (const name of [...OPENING.map((cue) => cue.scenario), ...deck])
    if (!scenarios.has(name)) throw new Error(`simulators/scenarios/${name}.ts is missing`);
  yield* OPENING;
  let atMs = OPENING.at(-1)?.atMs ?? 0;
  for (;;) {
    atMs += random.between(...PAUSE_MS);
    yield { atMs, scenario: random.pick(deck) };
  }
}
