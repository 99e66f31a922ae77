import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.ts';
import { ruleSpecSchema } from '../../core/rule.ts';
import { decodePayload, loadKinds, REFUSE_REASONS } from '../../devices/kinds.ts';
import { compileRule, loadRuleTypes } from '../../edge/alarms/rule-types.ts';

const kinds = await loadKinds();
const ruleTypes = await loadRuleTypes();
const entries = [...kinds];
const anyKind = fc.constantFrom(...kinds.values());
const anyChannel = fc.constantFrom('telemetry' as const, 'event' as const);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value) ?? '');

describe('the kinds', () => {
  it('are the nine of the contract', () => {
    expect([...kinds.keys()].sort()).toEqual([
      'access-gate',
      'electrical-fire',
      'fire-door',
      'gas-detector',
      'high-throw-camera',
      'manual-call-point',
      'smart-bin',
      'smoke-detector',
      'water-pressure',
    ]);
  });

  it.each(entries)('%s shows every field of its schema and no other', (_id, kind) => {
    expect(Object.keys(kind.fields).sort()).toEqual(Object.keys(kind.telemetry.shape).sort());
  });

  it.each(entries)('%s has valid rules with an answer for the guard, ids said once', (_id, kind) => {
    for (const rule of kind.rules) {
      expect(ruleSpecSchema.parse(rule)).toEqual(rule);
      expect(rule.response?.zh).toMatch(/[\u4e00-\u9fff]/);
      expect(rule.response?.en).toBeTruthy();
      expect(rule.title.zh && rule.title.en).toBeTruthy();
    }
    const ids = kind.rules.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(entries)('%s has rules whose parameters their types accept', (_id, kind) => {
    for (const rule of kind.rules) expect(() => compileRule(rule, ruleTypes)).not.toThrow();
  });

  it.each(entries)('%s names only its own fields and events in its rules', (_id, kind) => {
    const fields = [...Object.keys(kind.fields), 'batteryPercent', 'rssiDbm'];
    for (const { with: params } of kind.rules) {
      if (typeof params.field === 'string') expect(fields).toContain(params.field);
      for (const key of ['event', 'clearEvent', 'unlessEvent'])
        if (typeof params[key] === 'string') expect(Object.keys(kind.events)).toContain(params[key]);
    }
  });

  it.each(entries)('%s never lets a fault be more than minor', (_id, kind) => {
    for (const rule of kind.rules.filter((one) => ['fault', 'silent', 'battery-low'].includes(one.id)))
      expect(['minor', 'notice']).toContain(rule.severity);
  });

  it('samples of a calm day are valid', () => {
    fc.assert(
      fc.property(anyKind, fc.infiniteStream(fc.double({ min: 0, max: 0.9999999, noNaN: true })), (kind, numbers) => {
        const sample = kind.sample(() => numbers.next().value as number);
        expect(decodePayload(kind, 'telemetry', encode(sample))).toEqual({
          ok: true,
          channel: 'telemetry',
          values: sample,
        });
      }),
    );
  });
});

describe('decoding', () => {
  it('never throws and always gives a known reason, whatever the bytes', () => {
    fc.assert(
      fc.property(anyKind, anyChannel, fc.uint8Array({ maxLength: 300 }), (kind, channel, bytes) => {
        const decoded = decodePayload(kind, channel, bytes);
        if (!decoded.ok) expect(REFUSE_REASONS).toContain(decoded.reason);
      }),
    );
  });

  it('never throws on any JSON', () => {
    fc.assert(
      fc.property(anyKind, anyChannel, fc.json(), (kind, channel, text) => {
        decodePayload(kind, channel, new TextEncoder().encode(text));
      }),
    );
  });

  it('never throws on a valid payload with one value gone wrong, and lets nothing but schema fields through', () => {
    fc.assert(
      fc.property(anyKind, fc.jsonValue(), fc.nat(), (kind, value, pick) => {
        const sample: Record<string, unknown> = kind.sample(() => 0.5);
        const keys = [...Object.keys(sample), '__proto__', 'constructor', 'at', 'batteryPercent'];
        const key = keys[pick % keys.length] ?? 'at';
        const text = JSON.stringify(sample).replace(/}$/, `,${JSON.stringify(key)}:${JSON.stringify(value)}}`);
        const decoded = decodePayload(kind, 'telemetry', new TextEncoder().encode(text));
        if (decoded.ok && decoded.channel === 'telemetry')
          for (const name of Object.keys(decoded.values))
            expect([...Object.keys(kind.fields), 'batteryPercent', 'rssiDbm']).toContain(name);
      }),
    );
  });

  it('refuses a payload over the limit before reading it', () => {
    const [kind] = kinds.values();
    if (!kind) throw new Error('no kinds');
    const bytes = new Uint8Array(LIMITS.payloadBytesMax + 1).fill(0x20);
    expect(decodePayload(kind, 'telemetry', bytes)).toMatchObject({ ok: false, reason: 'too-large' });
  });

  it('refuses broken UTF-8 instead of guessing', () => {
    const [kind] = kinds.values();
    if (!kind) throw new Error('no kinds');
    expect(decodePayload(kind, 'event', Uint8Array.of(0x7b, 0xff, 0x7d))).toMatchObject({ reason: 'not-utf8' });
  });
});
