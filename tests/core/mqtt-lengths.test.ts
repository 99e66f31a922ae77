import { generate } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { keepLengthsTogether } from '../../core/mqtt-lengths.ts';
import { heldBytes } from '../fuzz/memory.ts';

describe('packets of many lengths', () => {
  it('hold no memory once they are sent', async () => {
    keepLengthsTogether();
    const before = await heldBytes();
    for (let bytes = 0; bytes < 2_000; bytes += 1) {
      generate({ cmd: 'publish', topic: 'x', payload: Buffer.alloc(bytes), qos: 0, dup: false, retain: false });
      // What else happens in between fills the piece of memory that small buffers share.
      for (let piece = 0; piece < 4; piece += 1) Buffer.allocUnsafe(20_000);
    }
    expect((await heldBytes()) - before).toBeLessThan(8 * 1024 * 1024);
  });
});
