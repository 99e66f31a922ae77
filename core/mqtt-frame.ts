/** The frames of MQTT, as far as 3.1.1 and 5.0 agree. Section numbers are those of the OASIS standard MQTT Version 5.0. */

/** Control packet types (2.1.2): the upper half of a frame's first byte. */
export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  disconnect: 14,
  auth: 15,
} as const;

/** The fixed header (2.1): where the body of the frame at `at` begins and ends. */
export function frameAt(bytes: Buffer, at: number): { bodyAt: number; end: number } | 'short' | 'bad' {
  if (at >= bytes.length) return 'short';
  const length = varint(bytes, at + 1);
  if (typeof length === 'string') return length;
  return { bodyAt: length.end, end: length.end + length.value };
}

/** A variable byte integer (1.5.5): at most four bytes. */
export function varint(bytes: Buffer, at: number): { value: number; end: number } | 'short' | 'bad' {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return 'short';
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return 'bad';
}
