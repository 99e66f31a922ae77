/**
 * mqtt-packet keeps, for ever, the few bytes that say the length of each packet it has written. They are
 * cut from a piece of 64 KiB that Node shares among small buffers, so every new length holds such a piece:
 * up to 1 GiB in a process that sends batches of all sizes for months. Written once in a row, all of them
 * lie in three pieces.
 */
import { writeToStream } from 'mqtt-packet';

/** Longer ones are not kept. */
const LENGTHS_KEPT = 16_384;

let isDone = false;

/** Costs some 20 ms and 2 MB, once in a process. */
export function keepLengthsTogether(): void {
  if (isDone) return;
  isDone = true;
  const nowhere = { write: () => true, cork: () => {}, uncork: () => {} } as unknown as NodeJS.WritableStream;
  const payload = Buffer.alloc(LENGTHS_KEPT);
  const topic = 'x';
  for (let bytes = 0; bytes + topic.length + 2 < LENGTHS_KEPT; bytes += 1)
    writeToStream(
      { cmd: 'publish', topic, payload: payload.subarray(0, bytes), qos: 0, dup: false, retain: false },
      nowhere,
    );
}
