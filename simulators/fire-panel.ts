/**
 * A simulated fire transmission device (用户信息传输装置): connects to a gateway over TCP, sends
 * reports of GB/T 26875.3 and waits for each to be confirmed or denied.
 */
import { createConnection, type Socket } from 'node:net';
import { type Clock, sleep } from '../core/clock.ts';
import {
  encodeFrame,
  type Frame,
  type FrameTime,
  makeFrameDecoder,
  VARIANTS,
  type Variant,
} from '../devices/protocols/gbt26875.ts';
import { encodeData, type Report } from '../devices/protocols/gbt26875-data.ts';

export interface FirePanel {
  start(): Promise<void>;
  /** Sends reports of one type in one frame; the answer of the receiver, or that none came. */
  report(reports: readonly Report[]): Promise<'confirm' | 'deny' | 'silence'>;
  /** Sends these bytes as they are: a fault on the line, a frame cut in two. */
  sendRaw(bytes: Uint8Array): void;
  stop(): void;
}

const ANSWER_MS_MAX = 5_000;

export function makeFirePanel(options: {
  host: string;
  port: number;
  /** Twelve hexadecimal digits. */
  address: string;
  clock: Clock;
  variant?: Variant;
}): FirePanel {
  const { host, port, address, clock, variant = VARIANTS.standard } = options;
  const decoder = makeFrameDecoder(variant);
  /** Serial number → who waits for its answer. */
  const waiting = new Map<number, (answer: 'confirm' | 'deny') => void>();
  let socket: Socket | undefined;
  let serial = 0;

  const hear = (bytes: Buffer) => {
    for (const found of decoder.push(bytes)) {
      if (found.type !== 'frame') continue;
      const { command } = found.frame;
      if (command === 'confirm' || command === 'deny') waiting.get(found.frame.serial)?.(command);
    }
  };
  return {
    start: () =>
      new Promise((resolve, reject) => {
        socket = createConnection(port, host, resolve);
        socket.once('error', reject);
        socket.on('data', hear);
      }),
    async report(reports) {
      serial = (serial + 1) & 0xffff;
      const own = serial;
      const frame: Frame = {
        serial: own,
        version: { main: 1, user: 0 },
        time: timeOf(reports),
        source: address,
        destination: '000000000000',
        command: 'send',
        data: encodeData(reports, variant),
      };
      const answer = new Promise<'confirm' | 'deny'>((resolve) => waiting.set(own, resolve));
      socket?.write(encodeFrame(frame, variant));
      const inVain = new AbortController();
      const outcome = await Promise.race([
        answer,
        sleep(clock, ANSWER_MS_MAX, inVain.signal).then(() => 'silence' as const),
      ]);
      inVain.abort();
      waiting.delete(own);
      return outcome;
    },
    sendRaw: (bytes) => void socket?.write(bytes),
    stop: () => void socket?.destroy(),
  };
}

function timeOf(reports: readonly Report[]): FrameTime | undefined {
  return reports[0]?.time;
}
