/**
 * Tells a message that a device sends again, because it saw no PUBACK, from a new one. A repetition
 * has the packet identifier and the bytes of a message kept within the last two minutes, and either
 * says so (DUP) or carries the time of its measurement: many clients (mqtt.js among them) send again
 * without DUP. Without either it counts as new: a button that always sends `pressed` under
 * identifier 1 must be heard each time, and taking a new alarm for a repetition would be worse than
 * counting one twice. Time is the clock that never jumps.
 */
import { crc32 } from 'node:zlib';
import type { Clock } from '../../core/clock.ts';

const SLOTS = 256;
const REPEAT_MS_MAX = 120_000;

interface Slots {
  ids: Uint16Array;
  sums: Uint32Array;
  keptAt: Float64Array;
}

export class Repeats {
  readonly #clock: Clock;
  /** Device id → its last messages, by packet identifier modulo SLOTS. */
  readonly #devices = new Map<string, Slots>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a message that is about to be kept, or that a run before this one kept last. */
  note(deviceId: string, messageId: number, payload: Uint8Array): void {
    if (messageId === 0) return;
    let slots = this.#devices.get(deviceId);
    if (!slots) {
      slots = { ids: new Uint16Array(SLOTS), sums: new Uint32Array(SLOTS), keptAt: new Float64Array(SLOTS) };
      this.#devices.set(deviceId, slots);
    }
    const slot = messageId % SLOTS;
    slots.ids[slot] = messageId;
    slots.sums[slot] = crc32(payload);
    slots.keptAt[slot] = this.#clock.monotonic();
  }

  has(deviceId: string, messageId: number, payload: Uint8Array, saysSo: boolean): boolean {
    const slots = this.#devices.get(deviceId);
    const slot = messageId % SLOTS;
    if (messageId === 0 || slots?.ids[slot] !== messageId || slots.sums[slot] !== crc32(payload)) return false;
    if (this.#clock.monotonic() - (slots.keptAt[slot] ?? 0) >= REPEAT_MS_MAX) return false;
    return saysSo || saysWhen(payload);
  }
}

function saysWhen(payload: Uint8Array): boolean {
  try {
    return typeof (JSON.parse(Buffer.from(payload).toString('utf8')) as { at?: unknown } | null)?.at === 'number';
  } catch {
    return false;
  }
}
