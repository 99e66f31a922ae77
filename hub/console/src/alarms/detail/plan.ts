/**
 * Geometry of the two pictures of a place. In: devices with locations (x, y in metres from the
 * community's south-west corner). Out: plain shapes in metres (plan) and in cells (section). Pure.
 */
import type { Location } from '../../../../../core/device.ts';

interface Placed {
  id: string;
  kind: string;
  communityId: string;
  location: Location;
}

interface Target {
  deviceId: string;
  communityId: string;
  location: Location;
}

export interface Plan {
  /** Metres; north is up, so y is already turned for drawing. */
  width: number;
  height: number;
  buildings: { name: string; x: number; y: number; width: number; height: number; deviceIds: string[] }[];
  /** Devices outside buildings, and the one that matters. */
  dots: { id: string; x: number; y: number; spot: string | undefined }[];
  target: { x: number; y: number } | null;
}

/** A block of flats is at least this large, whatever its few devices say. */
const BUILDING_METRES = { width: 34, height: 15 };
const MARGIN_METRES = 22;

export function drawPlan(devices: readonly Placed[], target: Target): Plan | undefined {
  const placed = devices.filter(
    (device) => device.communityId === target.communityId && known(device.location),
  ) as (Placed & { location: { x: number; y: number } })[];
  const own = placed.find((device) => device.id === target.deviceId);
  const at = known(target.location) ? target.location : own?.location;
  if (placed.length < 2) return undefined;
  const xs = placed.map((device) => device.location.x);
  const ys = placed.map((device) => device.location.y);
  const west = Math.min(...xs) - MARGIN_METRES;
  const north = Math.max(...ys) + MARGIN_METRES;
  const width = Math.max(...xs) + MARGIN_METRES - west;
  const height = north - (Math.min(...ys) - MARGIN_METRES);
  const turn = (x: number, y: number) => ({ x: x - west, y: north - y });

  return {
    width,
    height,
    buildings: [...groupBy(placed, houseOf)].map(([name, members]) => {
      const box = boxOf(members);
      const corner = turn(box.x, box.y + box.height);
      return { name, ...corner, width: box.width, height: box.height, deviceIds: members.map((device) => device.id) };
    }),
    dots: placed
      .filter((device) => houseOf(device) === undefined || device.id === target.deviceId)
      .map((device) => ({
        id: device.id,
        ...turn(device.location.x, device.location.y),
        spot: device.location.spot,
      })),
    target: at?.x === undefined || at.y === undefined ? null : turn(at.x, at.y),
  };
}

/** A facade camera names the building that it looks at, and hangs on a mast far from it. */
function houseOf(device: Placed): string | undefined {
  return device.kind === 'high-throw-camera' ? undefined : device.location.building;
}

function known(location: Location): boolean {
  return location.x !== undefined && location.y !== undefined;
}

function boxOf(members: readonly { location: { x: number; y: number } }[]) {
  const xs = members.map((device) => device.location.x);
  const ys = members.map((device) => device.location.y);
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const width = Math.max(BUILDING_METRES.width, right - left + 8);
  const height = Math.max(BUILDING_METRES.height, top - bottom + 6);
  return { x: (left + right - width) / 2, y: (bottom + top - height) / 2, width, height };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    if (name === undefined) continue;
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}

export interface Section {
  building: string;
  /** From the top down. */
  floors: number[];
  /** One column per flat stack: unit and the room's last two digits. */
  columns: { unit: string; stack: string }[];
  /** Key: `${floor}/${unit}/${stack}`. */
  cells: Map<string, string[]>;
  target: { floor: number; unit: string | undefined; stack: string | undefined };
}

export function cellKey(floor: number, unit: string, stack: string): string {
  return `${floor}/${unit}/${stack}`;
}

/** Undefined for a device that is in no building or on no floor. */
export function drawSection(devices: readonly Placed[], target: Target): Section | undefined {
  const { building, floor, unit, room } = target.location;
  if (building === undefined || floor === undefined) return undefined;
  const inside = devices.filter(
    ({ communityId, location }) =>
      communityId === target.communityId && location.building === building && location.floor !== undefined,
  );
  const floors = inside.map((device) => device.location.floor ?? 1).concat(floor, 1);
  const [low, high] = [Math.min(...floors), Math.max(...floors)];
  const stacks = new Map<string, Set<string>>([[unit ?? '', new Set([stackOf(room)])]]);
  const cells = new Map<string, string[]>();
  for (const { id, location } of inside) {
    const unitName = location.unit ?? unit ?? '';
    const stack = stackOf(location.room);
    stacks.set(unitName, (stacks.get(unitName) ?? new Set<string>()).add(stack));
    const key = cellKey(location.floor ?? 1, unitName, stack);
    cells.set(key, [...(cells.get(key) ?? []), id]);
  }
  return {
    building,
    // There is no floor 0 in an address: below 1 comes -1.
    floors: Array.from({ length: high - low + 1 }, (_, index) => high - index).filter((number) => number !== 0),
    columns: [...stacks]
      .sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }))
      .flatMap(([unitName, names]) => [...names].sort().map((stack) => ({ unit: unitName, stack }))),
    cells,
    target: { floor, unit, stack: stackOf(room) },
  };
}

/** Flats above each other share the last two digits of their room: 502 and 1502 are stack 02. No room: the stairwell. */
function stackOf(room: string | undefined): string {
  return room === undefined ? '' : room.slice(-2);
}
