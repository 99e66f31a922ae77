import { expect, test } from 'vitest';
import { torture } from './torture.ts';

test('a short torture: every message that got a PUBACK is at the hub exactly once or named in a gap', async () => {
  const result = await torture({ minutes: 1, seed: 11, devices: 20, say: (line) => process.stdout.write(`${line}\n`) });
  expect(result.account.acknowledged).toBeGreaterThan(1_000);
  expect(result.account.lostExamples).toEqual([]);
  expect(result.account.duplicatedExamples).toEqual([]);
  expect(result.account).toMatchObject({ lost: 0, duplicated: 0 });
  expect(result.conditionsWrong).toEqual([]);
}, 400_000);
