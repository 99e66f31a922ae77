/**
 * GB/T 26875.3-2011: the data of a `send` frame. In: its bytes. Out: one object per thing reported
 * (system state, component state, analogue value, operation), or why the bytes are none. Types that
 * carry nothing to alarm on stay raw. Pure; see gbt26875.ts for the frame around it.
 */
import { type FrameTime, readTime, VARIANTS, type Variant, writeTime } from './gbt26875.ts';

const SYSTEM_STATES = [
  'normal',
  'fire',
  'fault',
  'shielded',
  'supervised',
  'started',
  'feedback',
  'delay',
  'main-power-fault',
  'backup-power-fault',
  'bus-fault',
  'manual',
  'configuration-changed',
  'reset',
] as const;
type SystemState = (typeof SYSTEM_STATES)[number];

const COMPONENT_STATES = [
  'normal',
  'fire',
  'fault',
  'shielded',
  'supervised',
  'started',
  'feedback',
  'delay',
  'power-fault',
] as const;
export type ComponentState = (typeof COMPONENT_STATES)[number];

const OPERATIONS = ['reset', 'silence', 'manual-alarm', 'alarm-cleared', 'self-test', 'confirm', 'test'] as const;
type Operation = (typeof OPERATIONS)[number];

/** Code → what is measured and how much one count is. */
export const ANALOGUES: Readonly<Record<number, { field: string; unit: string; perCount: number }>> = {
  1: { field: 'events', unit: '', perCount: 1 },
  2: { field: 'height', unit: 'm', perCount: 0.01 },
  3: { field: 'temperature', unit: '°C', perCount: 0.1 },
  4: { field: 'pressure', unit: 'MPa', perCount: 0.1 },
  5: { field: 'pressure', unit: 'kPa', perCount: 0.1 },
  6: { field: 'gas', unit: '%LEL', perCount: 0.1 },
  7: { field: 'time', unit: 's', perCount: 1 },
  8: { field: 'voltage', unit: 'V', perCount: 0.1 },
  9: { field: 'current', unit: 'A', perCount: 0.1 },
  10: { field: 'flow', unit: 'L/s', perCount: 0.1 },
  11: { field: 'air-flow', unit: 'm³/min', perCount: 0.1 },
  12: { field: 'air-speed', unit: 'm/s', perCount: 1 },
};

/** Where in the fire system: of the panel, or of a component on it. */
interface PanelRef {
  systemType: number;
  systemAddress: number;
}
interface ComponentRef extends PanelRef {
  componentType: number;
  /** Loop and point as the panel numbers them. */
  componentAddress: number;
}

/** `time` is undefined where the device's clock is set to no time: a fire is not lost for that. */
export type Report =
  | ({ type: 'system-state'; states: SystemState[]; time: FrameTime | undefined } & PanelRef)
  | ({ type: 'component-state'; states: ComponentState[]; text: string; time: FrameTime | undefined } & ComponentRef)
  | ({ type: 'analogue'; analogue: number; count: number; time: FrameTime | undefined } & ComponentRef)
  | ({ type: 'operation'; operations: Operation[]; operator: number; time: FrameTime | undefined } & PanelRef)
  | { type: 'device-state'; bits: number; time: FrameTime | undefined }
  | { type: 'device-operation'; operations: Operation[]; operator: number; time: FrameTime | undefined };

type DataReason = 'too-short' | 'wrong-length' | 'unsupported-type';
export type DecodedData = { ok: true; reports: Report[] } | { ok: false; reason: DataReason; dataType?: number };

const TIME_BYTES = 6;
const TEXT_BYTES = 31;

interface Shape {
  report: Report['type'];
  /** Bytes of one object without its time. */
  bytes: number;
}
/** Type code → the shape of its objects. */
const SHAPES: Readonly<Record<number, Shape>> = {
  1: { report: 'system-state', bytes: 4 },
  2: { report: 'component-state', bytes: 40 },
  3: { report: 'analogue', bytes: 10 },
  4: { report: 'operation', bytes: 4 },
  21: { report: 'device-state', bytes: 1 },
  24: { report: 'device-operation', bytes: 2 },
};

/** Never throws, whatever the bytes. */
export function decodeData(data: Uint8Array, variant: Variant = VARIANTS.standard): DecodedData {
  const [dataType, count] = data;
  if (dataType === undefined || count === undefined) return { ok: false, reason: 'too-short' };
  const shape = SHAPES[dataType];
  if (!shape) return { ok: false, reason: 'unsupported-type', dataType };
  const size = shape.bytes + TIME_BYTES;
  if (data.length !== 2 + count * size) return { ok: false, reason: 'wrong-length', dataType };
  const reports: Report[] = [];
  for (let at = 2; at < data.length; at += size) {
    const object = data.subarray(at, at + shape.bytes);
    const time = readTime(data.subarray(at + shape.bytes, at + size), variant.time);
    reports.push(readObject(shape.report, object, time));
  }
  return { ok: true, reports };
}

function readObject(type: Report['type'], bytes: Uint8Array, time: FrameTime | undefined): Report {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'system-state':
      return { type, ...panelRef(view), states: namesOf(view.getUint16(2, true), SYSTEM_STATES), time };
    case 'component-state':
      return {
        type,
        ...componentRef(view),
        states: namesOf(view.getUint16(7, true), COMPONENT_STATES),
        text: readText(bytes.subarray(9, 9 + TEXT_BYTES)),
        time,
      };
    case 'analogue':
      return { type, ...componentRef(view), analogue: view.getUint8(7), count: view.getInt16(8, true), time };
    case 'operation':
      return {
        type,
        ...panelRef(view),
        operations: namesOf(view.getUint8(2), OPERATIONS),
        operator: view.getUint8(3),
        time,
      };
    case 'device-state':
      return { type, bits: view.getUint8(0), time };
    case 'device-operation':
      return { type, operations: namesOf(view.getUint8(0), OPERATIONS), operator: view.getUint8(1), time };
  }
}

/** The bytes of reports of one type. Throws RangeError for none, for too many, or for mixed types. */
export function encodeData(reports: readonly Report[], variant: Variant = VARIANTS.standard): Uint8Array {
  const [first] = reports;
  if (!first || reports.length > 255 || reports.some((report) => report.type !== first.type))
    throw new RangeError('one frame carries 1 to 255 reports of one type');
  const [code, shape] = Object.entries(SHAPES).find(([, one]) => one.report === first.type) ?? [];
  if (!shape) throw new RangeError(`${first.type}: no such type`);
  const size = shape.bytes + TIME_BYTES;
  const data = new Uint8Array(2 + reports.length * size);
  data.set([Number(code), reports.length]);
  for (const [index, report] of reports.entries()) {
    const at = 2 + index * size;
    writeObject(report, data.subarray(at, at + shape.bytes));
    data.set(writeTime(report.time, variant.time), at + shape.bytes);
  }
  return data;
}

function writeObject(report: Report, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if ('systemType' in report) bytes.set([report.systemType, report.systemAddress]);
  if ('componentType' in report) {
    view.setUint8(2, report.componentType);
    view.setUint32(3, report.componentAddress, true);
  }
  switch (report.type) {
    case 'system-state':
      view.setUint16(2, bitsOf(report.states, SYSTEM_STATES), true);
      break;
    case 'component-state':
      view.setUint16(7, bitsOf(report.states, COMPONENT_STATES), true);
      bytes.set(writeText(report.text), 9);
      break;
    case 'analogue':
      view.setUint8(7, report.analogue);
      view.setInt16(8, report.count, true);
      break;
    case 'operation':
      bytes.set([bitsOf(report.operations, OPERATIONS), report.operator], 2);
      break;
    case 'device-state':
      view.setUint8(0, report.bits);
      break;
    case 'device-operation':
      bytes.set([bitsOf(report.operations, OPERATIONS), report.operator]);
      break;
  }
}

function panelRef(view: DataView): PanelRef {
  return { systemType: view.getUint8(0), systemAddress: view.getUint8(1) };
}

function componentRef(view: DataView): ComponentRef {
  return { ...panelRef(view), componentType: view.getUint8(2), componentAddress: view.getUint32(3, true) };
}

/** Bit 0 says normal when set and test (or not running) when not; the other bits add up. */
function namesOf<T extends string>(bits: number, names: readonly T[]): T[] {
  return names.filter((_, bit) => bits & (1 << bit));
}

function bitsOf<T extends string>(states: readonly T[], names: readonly T[]): number {
  return states.reduce((bits, state) => bits | (1 << names.indexOf(state)), 0);
}

const gb18030 = new TextDecoder('gb18030');

/** Ends at the first zero byte: what stands behind it is left over from an earlier text. */
function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return gb18030.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** At most 30 bytes and the closing zero; a character that does not fit or has no code of two bytes is left out. */
function writeText(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const encoded = code > 0 && code < 0x80 ? [code] : (twoByteCodes().get(character) ?? []);
    if (bytes.length + encoded.length > TEXT_BYTES - 1) break;
    bytes.push(...encoded);
  }
  return Uint8Array.from([...bytes, 0]);
}

/** Character → its two bytes. JavaScript decodes GB18030 but cannot encode it, so the table is turned round once. */
let codes: ReadonlyMap<string, number[]> | undefined;
function twoByteCodes(): ReadonlyMap<string, number[]> {
  if (codes) return codes;
  const table = new Map<string, number[]>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail === 0x7f) continue;
      const character = gb18030.decode(Uint8Array.of(lead, trail));
      if (character.length === 1 && character !== '\ufffd') table.set(character, [lead, trail]);
    }
  }
  codes = table;
  return table;
}
