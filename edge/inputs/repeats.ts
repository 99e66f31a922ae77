/**
 * Tells a message that a device sends again (DUP, it saw no PUBACK) from a new one. Only what was
 * kept within the last two minutes counts: the packet identifier comes round again, and taking a new
 * alarm for a repetition would be worse than counting one twice.
 */
import { crc32 } from 'node:zlib';

const SLOTS = 256;
const REPEAT_MS_MAX = 120_000;

interface Slots {
  ids: Uint16Array;
  sums: Uint32Array;
  keptAt: Float64Array;
}

export class Repeats {
  /** Device id → its last messages, by packet identifier modulo SLOTS. */
  readonly #devices = new Map<string, Slots>();

  /** Notes a message that is about to be kept. */
  note(deviceId: string, messageId: number, payload: Uint8Array, at: number): void {
    if (messageId === 0) return;
    let slots = this.#devices.get(deviceId);
    if (!slots) {
      slots = { ids: new Uint16Array(SLOTS), sums: new Uint32Array(SLOTS), keptAt: new Float64Array(SLOTS) };
      this.#devices.set(deviceId, slots);
    }
    const slot = messageId % SLOTS;
    slots.ids[slot] = messageId;
    slots.sums[slot] = crc32(payload);
    slots.keptAt[slot] = at;
  }

  has(deviceId: string, messageId: number, payload: Uint8Array, at: number): boolean {
    const slots = this.#devices.get(deviceId);
    const slot = messageId % SLOTS;
    if (slots?.ids[slot] !== messageId || slots.sums[slot] !== crc32(payload)) return false;
    return at - (slots.keptAt[slot] ?? 0) < REPEAT_MS_MAX;
  }

  forget(deviceId: string): void {
    this.#devices.delete(deviceId);
  }
}
