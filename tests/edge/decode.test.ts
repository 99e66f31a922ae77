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
          clockAheadMs: 0,
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
        clockAheadMs: 0,
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

  const minutes = 60_000;
  const times: [string, { said?: number; ahead?: number }, { at: number; quality: string }][] = [
    ['no time: the receive time counts', {}, { at: now, quality: 'good' }],
    ['a little ahead', { said: 299_000 }, { at: now + 299_000, quality: 'good' }],
    ['more than five minutes ahead: clamped', { said: 300_001 }, { at: now, quality: 'clamped' }],
    ['a moment old', { said: -59_000 }, { at: now - 59_000, quality: 'good' }],
    ['old: kept and marked', { said: -3_600_000 }, { at: now - 3_600_000, quality: 'late' }],
    ['true, by a gateway ten minutes ahead', { said: -600_000, ahead: 10 }, { at: now - 600_000, quality: 'good' }],
    ['true, by one ten minutes behind', { said: 600_000, ahead: -10 }, { at: now + 600_000, quality: 'good' }],
    ["the gateway's, ten minutes behind", { said: 0, ahead: -10 }, { at: now, quality: 'good' }],
    ["the gateway's, ten minutes ahead", { said: 0, ahead: 10 }, { at: now, quality: 'good' }],
    ['old by both clocks', { said: -12 * minutes, ahead: 10 }, { at: now - 12 * minutes, quality: 'late' }],
    ['ahead of both clocks', { said: 16 * minutes, ahead: -10 }, { at: now, quality: 'clamped' }],
  ];
  for (const [what, { said, ahead = 0 }, expected] of times)
    it(`judges the time: ${what}`, () => {
      const message = { receivedAt: now, clockAheadMs: ahead * minutes };
      expect(judgeTime(said === undefined ? undefined : now + said, message)).toEqual(expected);
    });
});
