/** Every folder of tests/cases is one message and what the decoder must make of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePayload, loadKinds } from '../../devices/kinds.ts';

interface Input {
  channel: 'telemetry' | 'event';
  payload?: unknown;
  /** The bytes as text, for what is no JSON. */
  text?: string;
}

const folder = join(import.meta.dirname, '..', 'cases');
const kinds = await loadKinds();

for (const kindId of readdirSync(folder)) {
  describe(kindId, () => {
    for (const name of readdirSync(join(folder, kindId))) {
      it(name, () => {
        const kind = kinds.get(kindId);
        if (!kind) throw new Error(`tests/cases/${kindId} belongs to no kind`);
        const input = read<Input>(kindId, name, 'input.json');
        const payload = new TextEncoder().encode(input.text ?? JSON.stringify(input.payload));
        const decoded = decodePayload(kind, input.channel, payload);
        const expected = read<{ ok: boolean; reason?: string }>(kindId, name, 'expected.json');
        if (expected.ok) expect(decoded).toEqual(expected);
        else expect(decoded).toMatchObject(expected);
      });
    }
  });
}

function read<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as T;
}
