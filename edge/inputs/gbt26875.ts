/**
 * Fire panels as an input: their transmission devices (用户信息传输装置) connect over TCP and speak
 * GB/T 26875.3. What a panel says about a component is kept as if the device itself had said it, and
 * only then confirmed; what cannot be read is denied and counted. A component that is no device goes to
 * the dead letters with what the panel calls it, its fire is denied, so that the panel does not rest
 * either, and stays a problem of the gateway until somebody enrols it. The raw frame joins the alarm
 * as evidence.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AlarmFact } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import type { Device, DeviceKind } from '../../core/device.ts';
import { StartError } from '../../core/errors.ts';
import {
  type Decoded,
  encodeFrame,
  type Frame,
  type FrameTime,
  makeFrameDecoder,
  replyTo,
  VARIANTS,
  type Variant,
} from '../../devices/protocols/gbt26875.ts';
import { decodeData, type Report } from '../../devices/protocols/gbt26875-data.ts';
import { keyOfDevice, keyOfReport, messagesOf } from '../../devices/protocols/gbt26875-devices.ts';
import type { AlarmBook } from '../alarm-book.ts';
import type { EvidenceFolder } from '../evidence.ts';
import type { JournalRecord } from '../segment.ts';
import { decodeMessage, refuse as refusedMessage } from '../stages/decode.ts';

export interface PanelConfig {
  host: string;
  port: number;
  /** Source address → how that device model deviates; nobody else may send. */
  transmitters: Readonly<Record<string, keyof typeof VARIANTS>>;
  connectionsMax: number;
}

export const PANEL_REASONS = ['unreadable', 'unknown-transmitter', 'unknown-component', 'unread-data'] as const;
export type PanelReason = (typeof PANEL_REASONS)[number];

export interface Gbt26875Options {
  config: PanelConfig;
  dataDir: string;
  gatewayId: string;
  clock: Clock;
  log: Logger;
  kinds: ReadonlyMap<string, DeviceKind>;
  evidence: EvidenceFolder;
  book: AlarmBook;
  devices(): readonly Device[];
  heard(deviceId: string, at: number): void;
  keep(records: JournalRecord[]): Promise<void>;
  addFact(fact: AlarmFact): Promise<void>;
}

export interface Gbt26875Input {
  readonly port: number;
  /** Reason → how often since the start. */
  readonly refused: ReadonlyMap<PanelReason, number>;
  /** Fires of components that are no devices, a line each for whoever runs the gateway. */
  problems(): string[];
  stop(): Promise<void>;
}

/** A transmission device that says nothing for so long has lost its connection. */
const SILENT_MS_MAX = 10 * 60_000;
/** The alarm of a kept report exists once the pipeline has run: a moment later. */
const EVIDENCE_AFTER_MS = 1_500;
const UTC_OFFSET_MS = 8 * 3_600_000;
const UNKNOWN_FIRES_MAX = 5;

export async function startGbt26875(options: Gbt26875Options): Promise<Gbt26875Input> {
  const { config, log } = options;
  const refused = new Map<PanelReason, number>();
  const sockets = new Set<Socket>();
  /** Component → what the panel calls it, the newest last. */
  const unknownFires = new Map<string, string>();
  const refuse = (reason: PanelReason, detail: object) => {
    const count = (refused.get(reason) ?? 0) + 1;
    refused.set(reason, count);
    // Logged at 1, 2, 4, 8, …: a broken device repeats itself for days.
    if ((count & (count - 1)) === 0) log.warn({ reason, count, ...detail }, 'a fire panel was refused');
  };
  const folder = join(options.dataDir, 'gbt26875');
  await mkdir(folder, { recursive: true });
  const server = createServer((socket) => {
    if (sockets.size >= config.connectionsMax) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, { ...options, folder, refuse, unknownFires });
  });
  const port = await listen(server, config);
  return {
    port,
    refused,
    problems() {
      if (unknownFires.size === 0) return [];
      const known = new Set(options.devices().map(keyOfDevice));
      return [...unknownFires]
        .filter(([key]) => !known.has(key))
        .map(
          ([key, text]) =>
            `fire panel: fire at component ${key} (${text}), which is no device here; enrol it with options.gbt26875`,
        );
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Tools = Gbt26875Options & {
  folder: string;
  refuse(reason: PanelReason, detail: object): void;
  unknownFires: Map<string, string>;
};

function serve(socket: Socket, tools: Tools): void {
  // The variant is the sender's, who is known by the first frame; until then each is tried.
  let decoders = Object.entries(VARIANTS).map(([name, variant]) => ({ name, variant, ...open(variant) }));
  let work = Promise.resolve();
  socket.setTimeout(SILENT_MS_MAX, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    const found = decoders.map((decoder) => ({ ...decoder, pieces: decoder.push(bytes) }));
    const speaker = found.find(({ name, pieces }) => pieces.some((piece) => isOf(piece, name, tools)));
    if (speaker && decoders.length > 1) decoders = decoders.filter((decoder) => decoder.name === speaker.name);
    const chosen = speaker ?? found[0];
    if (!chosen) return;
    socket.pause();
    work = work
      .then(async () => {
        for (const piece of chosen.pieces) await take(piece, chosen.variant, socket, tools);
      })
      .catch((error: unknown) => {
        // Not confirmed, so the panel sends it again.
        tools.log.error({ err: error }, 'a report of a fire panel could not be kept');
        socket.destroy();
      })
      .finally(() => socket.resume());
  });
}

function open(variant: Variant) {
  const decoder = makeFrameDecoder(variant);
  return { push: (bytes: Uint8Array) => decoder.push(bytes) };
}

function isOf(piece: Decoded, variantName: string, { config }: Tools): boolean {
  return piece.type === 'frame' && config.transmitters[piece.frame.source] === variantName;
}

async function take(piece: Decoded, variant: Variant, socket: Socket, tools: Tools): Promise<void> {
  if (piece.type === 'skipped') {
    tools.refuse('unreadable', { why: piece.reason, bytes: piece.raw.length });
    return;
  }
  const { frame, raw } = piece;
  if (!Object.hasOwn(tools.config.transmitters, frame.source)) {
    tools.refuse('unknown-transmitter', { address: frame.source });
    socket.destroy();
    return;
  }
  const isTaken = frame.command === 'send' ? await keepReports(frame, raw, variant, tools) : true;
  // A confirm or a deny of ours must not be answered, or two devices would talk for ever.
  if (frame.command === 'confirm' || frame.command === 'deny') return;
  const reply = replyTo(frame, isTaken ? 'confirm' : 'deny', wallTime(tools.clock.now()));
  if (socket.writable) socket.write(encodeFrame(reply, variant));
}

/** Answers whether the panel may forget the frame; its reports are on the disk then. */
async function keepReports(frame: Frame, raw: Uint8Array, variant: Variant, tools: Tools): Promise<boolean> {
  const { clock, kinds, refuse } = tools;
  const receivedAt = clock.now();
  const byKey = new Map(tools.devices().map((device) => [keyOfDevice(device), device]));
  // The panel watches its components: while it speaks, they can be heard.
  for (const [key, device] of byKey) if (key?.startsWith(`${frame.source}/`)) tools.heard(device.id, receivedAt);
  const data = decodeData(frame.data, variant);
  if (!data.ok) {
    refuse('unread-data', { address: frame.source, why: data.reason, dataType: data.dataType });
    return data.reason === 'unsupported-type';
  }
  const records: JournalRecord[] = [];
  let mayForget = true;
  for (const report of data.reports) {
    const key = keyOfReport(report, frame.source);
    if (key === undefined) continue;
    const device = byKey.get(key);
    if (!device) {
      refuse('unknown-component', { component: key });
      records.push(unknownComponent(report, key, { source: frame.source, receivedAt }));
      if (isFire(report)) {
        mayForget = false;
        noteFire(tools.unknownFires, key, report.text);
      }
      continue;
    }
    // Without `at`: the panel's clock may be wrong by hours, and a fire must not pass as history for that.
    for (const { channel, payload } of messagesOf(report, device.kind)) {
      const bytes = Buffer.from(JSON.stringify(payload));
      const message = {
        device,
        channel,
        payload: bytes,
        payloadBytes: bytes.length,
        receivedAt,
        clockAheadMs: 0,
        messageId: 0,
      };
      records.push(decodeMessage(message, kinds).record);
    }
  }
  if (records.length === 0) return true;
  await tools.keep(records);
  clock.after(EVIDENCE_AFTER_MS, () => {
    const said = new Set(records.map((record) => record.deviceId));
    addRaw(raw, { said, receivedAt, serial: frame.serial }, tools).catch((error: unknown) =>
      tools.log.error({ err: error }, 'the raw frame could not be kept'),
    );
  });
  return mayForget;
}

function isFire(report: Report): report is Extract<Report, { type: 'component-state' }> {
  return report.type === 'component-state' && report.states.includes('fire');
}

function noteFire(unknownFires: Map<string, string>, key: string, text: string): void {
  unknownFires.delete(key);
  unknownFires.set(key, text);
  const [oldest] = unknownFires.keys();
  if (unknownFires.size > UNKNOWN_FIRES_MAX && oldest !== undefined) unknownFires.delete(oldest);
}

/** A dead letter that says what somebody needs to enrol the component. */
function unknownComponent(
  report: Report,
  component: string,
  of: { source: string; receivedAt: number },
): JournalRecord {
  const payload = Buffer.from(JSON.stringify({ component, ...report }));
  const message = {
    device: { id: of.source, kind: 'fire-panel' },
    channel: report.type,
    payload,
    payloadBytes: payload.length,
    receivedAt: of.receivedAt,
    clockAheadMs: 0,
    messageId: 0,
  };
  return refusedMessage(message, 'unknown-component', `nothing is enrolled as component ${component}`).record;
}

/** Joins the frame to the alarms that it raised or renewed. */
async function addRaw(
  raw: Uint8Array,
  frame: { said: ReadonlySet<string>; receivedAt: number; serial: number },
  tools: Tools,
): Promise<void> {
  const alarms = tools.book
    .alarms()
    .filter((alarm) => frame.said.has(alarm.deviceId) && alarm.lastAt >= frame.receivedAt && alarm.clearedAt === null);
  if (alarms.length === 0) return;
  const path = join(tools.folder, `${frame.receivedAt}-${frame.serial}.bin`);
  await writeFile(path, raw);
  const file = { type: 'raw', mime: 'application/octet-stream', path } as const;
  const evidence = await tools.evidence.take(file, frame.receivedAt);
  if (!evidence) return;
  for (const alarm of alarms) {
    await tools.addFact({
      id: `${alarm.id}-${evidence.id}`,
      alarmId: alarm.id,
      at: frame.receivedAt,
      origin: { type: 'gateway', id: tools.gatewayId },
      author: { type: 'system', id: 'gbt26875' },
      body: { type: 'evidence', evidence },
    });
  }
}

/** The wall clock of China, which these panels show. */
function wallTime(at: number): FrameTime {
  const [year = 2000, month = 1, day = 1, hour = 0, minute = 0, second = 0] = new Intl.DateTimeFormat('en-CA', {
    timeZone: 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
    .formatToParts(at + UTC_OFFSET_MS)
    .filter((part) => part.type !== 'literal')
    .map((part) => Number(part.value));
  return { year, month, day, hour, minute, second };
}

async function listen(server: Server, { host, port }: PanelConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StartError(`gbt26875.port: port ${port} on ${host} is taken; set gbt26875.port to a free one`)
          : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}
