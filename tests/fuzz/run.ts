/**
 * How long and from which seed: LINLI_FUZZ_SECONDS for each part (default 2), LINLI_FUZZ_SEED (default 1) to see
 * a run again. Memory is compared between the half and the end of a part.
 */
import { expect } from 'vitest';
import { type Random, seededRandom } from '../../simulators/random.ts';
import { heldBytes } from './memory.ts';

const SECONDS = Number(process.env.LINLI_FUZZ_SECONDS ?? 2);
const SEED = Number(process.env.LINLI_FUZZ_SEED ?? 1);
/** Also on a machine that is busy with other work. */
const CASES_MIN = 100;
/** Caches and histograms fill in the first half; a leak of what was sent is far more than this. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

export const FUZZ_TIMEOUT_MS = (SECONDS + 60) * 1_000;

/** Draws cases until the time is over; `held` says what the program under test holds. Returns how many there were. */
export async function fuzz(run: (random: Random) => Promise<void>, held = heldBytes): Promise<number> {
  const random = seededRandom(String(SEED));
  const startedAt = performance.now();
  const hasRun = (share: number) => performance.now() - startedAt > SECONDS * 1_000 * share;
  let count = 0;
  while (!hasRun(0.5) || count < CASES_MIN / 2) {
    await run(random);
    count += 1;
  }
  const atHalf = await held();
  while (!hasRun(1) || count < CASES_MIN) {
    await run(random);
    count += 1;
  }
  const grown = (await held()) - atHalf;
  expect(grown, `bytes held more after the second half of ${count} cases, seed ${SEED}`).toBeLessThan(GROWTH_BYTES_MAX);
  process.stdout.write(`fuzz: ${count} cases, seed ${SEED}, ${Math.round(grown / 1024)} KiB more held\n`);
  return count;
}

/** For messages of failures: enough of the bytes to see what it was. */
export function shown(bytes: Buffer): string {
  return `seed ${SEED}: ${bytes.toString('latin1').slice(0, 400)}${bytes.length > 400 ? ` … ${bytes.length} bytes` : ''}`;
}
