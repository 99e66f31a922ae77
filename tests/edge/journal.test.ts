import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { JournalReader, JournalWriter, type SegmentPlace, scanJournal } from '../../edge/journal.ts';
import { type JournalRecord, readSegment, SegmentWriter } from '../../edge/segment.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linli-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (text: string, more: Partial<JournalRecord> = {}): JournalRecord => ({
  channel: 'telemetry',
  deviceId: 'bin-1',
  kind: 'smart-bin',
  at: 1,
  receivedAt: 2,
  quality: 'good',
  messageId: 7,
  payload: Buffer.from(text),
  ...more,
});

function open(after = 0) {
  const found = scanJournal(folder);
  const reader = new JournalReader(folder, [...found.places]);
  const blocked: (string | undefined)[] = [];
  const writer = new JournalWriter(folder, {
    after,
    places: found.places,
    clock: systemClock,
    events: {
      onSegment: (place: SegmentPlace) => reader.add(place),
      onBlocked: (error) => blocked.push(error?.message),
    },
  });
  return { found, reader, writer, blocked };
}

const keep = (writer: JournalWriter, text: string) => new Promise<void>((done) => writer.add(record(text), done));

function texts(reader: JournalReader): string[] {
  const all: string[] = [];
  for (let number = 0; ; ) {
    const next = reader.after(number);
    if (!next) return all;
    number = next.number;
    for (const one of readSegment(next.bytes)) all.push(Buffer.from(one.payload).toString());
  }
}

describe('a segment', () => {
  it('gives back every record as it was put in', () => {
    const records = fc.record<JournalRecord>({
      channel: fc.constantFrom('telemetry', 'event', 'status', 'reply', 'refused'),
      deviceId: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
      kind: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
      at: fc.nat(),
      receivedAt: fc.nat(),
      quality: fc.constantFrom('good', 'clamped', 'late'),
      messageId: fc.nat(65_535),
      payload: fc.uint8Array({ maxLength: 40_000 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(records, { maxLength: 20 }), (list) => {
        const writer = new SegmentWriter();
        for (const one of list) writer.add(one);
        expect([...readSegment(writer.take())]).toEqual(list);
        expect(writer.isEmpty).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the journal', () => {
  it('has on the disk what it said it keeps, in order, also for the next start', async () => {
    const first = open();
    await Promise.all(Array.from({ length: 50 }, (_, index) => keep(first.writer, `a${index}`)));
    await keep(first.writer, 'last');
    expect(texts(first.reader)).toHaveLength(51);
    // No stop: a crash leaves the files as they are.
    const second = open();
    expect(texts(second.reader)).toEqual([...Array.from({ length: 50 }, (_, index) => `a${index}`), 'last']);
    expect(second.found.rottenBytes).toBe(0);
    await keep(second.writer, 'after the crash');
    expect(texts(second.reader).at(-1)).toBe('after the crash');
    await first.writer.stop();
    await second.writer.stop();
  });

  it('passes by a rotten segment, keeps its neighbours, and says how much was rotten', async () => {
    const first = open();
    for (const text of ['one', 'two', 'three']) await keep(first.writer, text);
    await first.writer.stop();
    const name = join(folder, readdirSync(folder)[0] ?? '');
    const bytes = readFileSync(name);
    bytes[bytes.indexOf('two')] = 0;
    writeFileSync(name, bytes);
    const second = open();
    expect(texts(second.reader)).toEqual(['one', 'three']);
    expect(second.found.rottenBytes).toBeGreaterThan(0);
    await second.writer.stop();
  });

  it('drops a torn tail and goes on with a number that was never used', async () => {
    const first = open();
    for (const text of ['one', 'two']) await keep(first.writer, text);
    await first.writer.stop();
    const name = join(folder, readdirSync(folder)[0] ?? '');
    const bytes = readFileSync(name);
    bytes.fill(0, bytes.indexOf('two') + 1);
    writeFileSync(name, bytes);
    const second = open(2);
    expect(texts(second.reader)).toEqual(['one']);
    await keep(second.writer, 'three');
    expect(second.writer.head).toBe(3);
    await second.writer.stop();
  });

  it('uses its files again instead of growing', async () => {
    const { writer, reader } = open();
    const big = 'x'.repeat(1_000_000);
    for (let index = 0; index < 100; index += 1) {
      await keep(writer, big);
      await writer.trim(writer.head - 1);
      reader.forget(writer.head - 1);
    }
    const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(size).toBeLessThanOrEqual(5 * 16 * 1024 * 1024);
    expect(texts(reader)).toHaveLength(1);
    await writer.stop();
    expect(texts(open().reader).length).toBeGreaterThanOrEqual(1);
  });

  it('has its next file ready before it needs it, and leaves none behind that is taken for full', async () => {
    const { writer } = open();
    const sizes = () => readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    await keep(writer, 'one');
    await expect.poll(sizes, { timeout: 20_000 }).toEqual([16 * 1024 * 1024, 16 * 1024 * 1024]);
    await writer.stop();
    let again = open();
    expect(again.found.rottenBytes).toBe(0);
    await keep(again.writer, 'two');
    expect(texts(again.reader)).toEqual(['one', 'two']);
    await expect.poll(sizes, { timeout: 20_000 }).toHaveLength(3);
    for (let start = 0; start < 5; start += 1) {
      await again.writer.stop();
      again = open();
      await keep(again.writer, 'more');
    }
    // Each start leaves a file with what it kept; what it had ready is what the next one takes.
    expect(sizes()).toHaveLength(2 + 5 + 1);
    await again.writer.stop();
  });

  it('withholds its word while the disk refuses, and keeps everything once it takes it', async () => {
    const { writer, blocked } = open();
    await keep(writer, 'one');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder was');
    let kept = 0;
    // The open file still takes them; a new one cannot be made.
    const big = 'y'.repeat(6_000_000);
    const all = [0, 1, 2, 3].map(() => keep(writer, big).then(() => (kept += 1)));
    while (blocked.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(kept).toBeLessThan(4);
    rmSync(folder);
    scanJournal(folder);
    await Promise.all(all);
    expect(kept).toBe(4);
    await writer.stop();
  });
});
