import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadKinds } from '../../devices/kinds.ts';
import { decodeMessage, judgeTime, toObservation } from '../../edge/stages/decode.ts';
import { device } from './support/gateway.ts';

const kinds = await loadKinds();
const now = 1_800_000_000_000;

describe('decoding what a device published', () => {
  it('never throws, and answers everything with a record that can be kept', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    const channels = fc.oneof(fc.constantFrom('telemetry', 'event', 'status', 'reply', 'frame', ''), fc.string());
    const kind = fc.constantFrom(...kinds.keys(), 'no-such-kind');
    fc.assert(
      fc.property(anything, channels, kind, (payload, channel, kindId) => {
        const message = {
          device: device('d-1', kindId),
          channel,
          payload,
          payloadBytes: payload.length,
          receivedAt: now,
          messageId: 1,
        };
        const decoded = decodeMessage(message, kinds);
        expect(decoded.record.deviceId).toBe('d-1');
        if (decoded.ok && (channel === 'telemetry' || channel === 'event')) toObservation(decoded.record, 'jinxiu');
        if (!decoded.ok) expect(decoded.record.channel).toBe('refused');
      }),
      { numRuns: 600 },
    );
  });

  it('gives every calm payload of every kind back as it was said', () => {
    for (const [id, kind] of kinds) {
      const values = kind.sample(() => 0.5);
      const payload = Buffer.from(JSON.stringify({ at: now - 1_000, ...values }));
      const message = {
        device: device('d-1', id),
        channel: 'telemetry',
        payload,
        payloadBytes: payload.length,
        receivedAt: now,
        messageId: 1,
      };
      const decoded = decodeMessage(message, kinds);
      expect(decoded.ok, id).toBe(true);
      expect(toObservation(decoded.record, 'jinxiu')).toEqual({
        channel: 'telemetry',
        deviceId: 'd-1',
        kind: id,
        communityId: 'jinxiu',
        at: now - 1_000,
        receivedAt: now,
        quality: 'good',
        values,
      });
    }
  });

  const times: [string, number | undefined, { at: number; quality: string }][] = [
    ['no time: the receive time counts', undefined, { at: now, quality: 'good' }],
    ['a little ahead', now + 299_000, { at: now + 299_000, quality: 'good' }],
    ['more than five minutes ahead: clamped', now + 300_001, { at: now, quality: 'clamped' }],
    ['a moment old', now - 59_000, { at: now - 59_000, quality: 'good' }],
    ['old: kept and marked', now - 3_600_000, { at: now - 3_600_000, quality: 'late' }],
  ];
  for (const [what, said, expected] of times)
    it(`judges the time: ${what}`, () => expect(judgeTime(said, now)).toEqual(expected));
});
