/** The camera's own name and time, drawn into the picture as cameras do: a classic false alarm. */
import type { Canvas } from './canvas.ts';

/** Five columns of seven bits per digit, lowest bit on top. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  '0': [0x3e, 0x51, 0x49, 0x45, 0x3e],
  '1': [0x00, 0x42, 0x7f, 0x40, 0x00],
  '2': [0x42, 0x61, 0x51, 0x49, 0x46],
  '3': [0x21, 0x41, 0x45, 0x4b, 0x31],
  '4': [0x18, 0x14, 0x12, 0x7f, 0x10],
  '5': [0x27, 0x45, 0x45, 0x45, 0x39],
  '6': [0x3c, 0x4a, 0x49, 0x49, 0x30],
  '7': [0x01, 0x71, 0x09, 0x05, 0x03],
  '8': [0x36, 0x49, 0x49, 0x49, 0x36],
  '9': [0x06, 0x49, 0x49, 0x29, 0x1e],
  ':': [0x00, 0x36, 0x36, 0x00, 0x00],
};

const SCALE = 2;
const DAY_MS = 86_400_000;
/** China has one time zone, eight hours ahead of UTC. */
const OFFSET_MS = 8 * 3_600_000;

export function drawClockText(canvas: Canvas, atMs: number): void {
  const seconds = Math.floor((((atMs + OFFSET_MS) % DAY_MS) + DAY_MS) / 1000) % 86_400;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  for (const [place, letter] of [...text].entries())
    drawGlyph(canvas, GLYPHS[letter] ?? [], { x: 10 + place * 6 * SCALE, y: 10 });
}

function drawGlyph(canvas: Canvas, columns: readonly number[], at: { x: number; y: number }): void {
  for (const [column, bits] of columns.entries()) {
    for (let row = 0; row < 7; row++) {
      if (!((bits >> row) & 1)) continue;
      for (let dy = 0; dy < SCALE; dy++)
        for (let dx = 0; dx < SCALE; dx++) {
          const x = at.x + column * SCALE + dx;
          const y = at.y + row * SCALE + dy;
          if (x < canvas.width && y < canvas.height) canvas.y[y * canvas.width + x] = 240;
        }
    }
  }
}
