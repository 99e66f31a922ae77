/**
 * Reads a store that may be damaged, in a process of its own: a broken page can end the process that
 * touches it. `node store-reader.ts FOLDER check` walks everything; `… FOLDER DATABASE forward|reverse`
 * writes each entry to stdout as a frame (4 bytes length, v8 of [key, value]). Exit 0: all was whole.
 */
import { writeSync } from 'node:fs';
import { serialize } from 'node:v8';
import { open } from 'lmdb';
import { DATABASES } from './store.ts';

const STDOUT = 1;

const [folder = '', what = '', direction] = process.argv.slice(2);
const root = open({ path: folder, maxDbs: 16, noMemInit: true, readOnly: true });
const names: readonly string[] = what === 'check' ? DATABASES : [what];
for (const name of names) {
  // A read-only environment answers undefined for a database that was never made.
  const database = root.openDB({ name }) as ReturnType<typeof root.openDB> | undefined;
  for (const { key, value } of database?.getRange({ reverse: direction === 'reverse' }) ?? [])
    if (what !== 'check') writeFrame(serialize([key, value]));
}

function writeFrame(body: Buffer): void {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, 4);
  for (let at = 0; at < frame.length; ) {
    try {
      at += writeSync(STDOUT, frame, at);
    } catch (error) {
      // A pipe that is full at the moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
