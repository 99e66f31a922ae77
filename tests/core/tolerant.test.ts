import { describe, expect, it } from 'vitest';
import { downlinkSchema, entrySchema } from '../../core/envelope.ts';
import { readTolerant } from '../../core/tolerant.ts';

const GAP = { type: 'gap', id: 'g', lane: 'event', deviceId: 'd', fromAt: 1, toAt: 2, count: 3, reason: 'size-cap' };

describe('a message of another release', () => {
  it('is read without the fields that this one does not know, however deep they are, and they are counted', () => {
    const fact = {
      id: 'f',
      alarmId: 'a',
      at: 1,
      origin: { type: 'gateway', id: 'gw', room: 'cellar' },
      author: { type: 'person', id: 'p' },
      body: { type: 'commented', text: 'x', mood: { good: true } },
      colour: 'red',
    };
    const read = readTolerant(downlinkSchema, {
      seq: 1,
      sentAt: 1,
      body: { type: 'facts', facts: [fact, { ...fact, id: 'f2', colour: undefined }] },
      priority: 9,
    });
    const { colour: _colour, ...known } = fact;
    const plain = { ...known, origin: { type: 'gateway', id: 'gw' }, body: { type: 'commented', text: 'x' } };
    expect(read).toEqual({
      success: true,
      unknownFields: 7,
      data: { seq: 1, sentAt: 1, body: { type: 'facts', facts: [plain, { ...plain, id: 'f2' }] } },
    });
  });

  it('is refused as ever for anything else that is wrong with it', () => {
    expect(readTolerant(entrySchema, { ...GAP, extra: 1 })).toMatchObject({ success: true, data: GAP });
    for (const bad of [
      { ...GAP, count: 'three', extra: 1 },
      { ...GAP, type: 'hole' },
      { type: 'gap', extra: 1 },
      7,
      null,
    ])
      expect(readTolerant(entrySchema, bad).success, JSON.stringify(bad)).toBe(false);
  });

  it('costs nothing when there is nothing unknown', () => {
    expect(readTolerant(entrySchema, GAP)).toEqual({ success: true, data: GAP, unknownFields: 0 });
  });
});
