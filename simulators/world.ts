/**
 * The demonstration world: three estates with buildings, units, floors, rooms, about 300 devices
 * and the people who log in. A pure function of its seed.
 */
import type { Device, Location } from '../core/device.ts';
import type { Role } from '../core/role.ts';
import { type BuildingPlan, type CommunityType, ESTATES, type EstatePlan } from './estates.ts';
import { type Random, seededRandom } from './random.ts';

export interface WorldCommunity {
  id: string;
  name: string;
  type: CommunityType;
  gateway: { id: string; name: string };
  devices: Device[];
}

interface WorldUser {
  username: string;
  displayName: string;
  role: Role;
  /** Absent: the whole street. */
  communityId?: string;
}

export interface World {
  seed: string;
  communities: WorldCommunity[];
  users: WorldUser[];
}

export function makeWorld(seed: string): World {
  const communities = ESTATES.map((plan) => makeCommunity(plan, seededRandom(`${seed}/world/${plan.id}`)));
  return { seed, communities, users: makeUsers() };
}

/** Every device of the world. */
export function devicesOf(world: World): Device[] {
  return world.communities.flatMap((community) => community.devices);
}

function makeCommunity(plan: EstatePlan, random: Random): WorldCommunity {
  const gateway = { id: `gw-${plan.id}`, name: `${plan.name}网关` };
  const drafts = [
    ...plan.gates.map((gate, index) => draft('access-gate', `gate-${index + 1}`, gate)),
    ...plan.buildings.flatMap((building) => buildingDevices(plan, building, random)),
    ...binDevices(plan),
    cameraDevice(plan),
  ];
  const devices = drafts.map(
    (one): Device => ({
      id: `${plan.prefix}-${one.name}`,
      kind: one.kind,
      communityId: plan.id,
      gatewayId: gateway.id,
      name: one.title ?? `${KIND_NAMES[one.kind] ?? one.kind} ${one.name.replace(/^[a-z]+-/, '')}`,
      location: one.location,
      ...(one.options ? { options: one.options } : {}),
    }),
  );
  return { id: plan.id, name: plan.name, type: plan.type, gateway, devices };
}

interface Draft {
  kind: string;
  /** The part of the id behind the estate's prefix. */
  name: string;
  location: Location;
  title?: string;
  options?: Record<string, unknown>;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  'access-gate': '门禁',
  'smoke-detector': '烟感',
  'manual-call-point': '手报',
  'water-pressure': '消防水压',
  'electrical-fire': '电气火灾监控',
  'gas-detector': '燃气探测器',
  'fire-door': '防火门',
  'smart-bin': '智能垃圾桶',
  'high-throw-camera': '高空抛物摄像机',
};

function draft(kind: string, name: string, location: Location): Draft {
  return { kind, name, location };
}

function buildingDevices(plan: EstatePlan, building: BuildingPlan, random: Random): Draft[] {
  const { id, floors } = building;
  const centre = { x: building.x + building.widthMetre / 2, y: building.y + building.depthMetre / 2 };
  const devices = [
    draft('electrical-fire', `power-${id}`, { building: id, floor: 1, spot: '配电间', ...centre }),
    draft('water-pressure', `water-${id}`, { building: id, floor: floors, spot: '屋顶试验消火栓', ...centre }),
  ];
  for (let unit = 1; unit <= building.units; unit += 1) devices.push(...unitDevices(plan, building, unit, random));
  return devices;
}

function unitDevices(plan: EstatePlan, building: BuildingPlan, unit: number, random: Random): Draft[] {
  const at = (floor: number, rest: Location = {}): Location => ({
    building: building.id,
    unit: String(unit),
    floor,
    zone: `${building.id}-${unit}-${floor}`,
    ...unitCentre(building, unit),
    ...rest,
  });
  const key = `${building.id}-${unit}`;
  const middle = Math.ceil(building.floors / 2);
  const devices = [
    draft('access-gate', `gate-${key}`, at(1, { spot: '单元门' })),
    draft('manual-call-point', `call-${key}`, at(1, { spot: '楼梯间' })),
    draft('fire-door', `door-${key}-${middle}`, at(middle, { spot: '楼梯间' })),
  ];
  const corridors = new Set<number>();
  for (const flat of flatsOf(building)) {
    const named = building.id === '3' && unit === 2 && flat.room === '502' && plan.id === 'jinxiu';
    const smoke = random.chance(plan.smokePercent / 100) || named;
    const gas = random.chance(plan.gasPercent / 100) || named;
    const location = at(flat.floor, { room: flat.room, ...flatCentre(building, unit, flat.index) });
    if (smoke) devices.push(draft('smoke-detector', `smoke-${key}-${flat.room}`, location));
    if (gas) devices.push(draft('gas-detector', `gas-${key}-${flat.room}`, { ...location, spot: '厨房' }));
    if (smoke && gas) corridors.add(flat.floor);
  }
  // A flat that has both shares its zone with a detector on the landing: two of them confirm a fire.
  for (const floor of corridors)
    devices.push(draft('smoke-detector', `smoke-${key}-f${floor}`, at(floor, { spot: '走廊' })));
  return devices;
}

function flatsOf(building: BuildingPlan): { floor: number; index: number; room: string }[] {
  return Array.from({ length: building.floors * building.flatsPerFloor }, (_, number) => {
    const floor = Math.floor(number / building.flatsPerFloor) + 1;
    const index = (number % building.flatsPerFloor) + 1;
    return { floor, index, room: `${floor}${String(index).padStart(2, '0')}` };
  });
}

function unitCentre(building: BuildingPlan, unit: number): { x: number; y: number } {
  const width = building.widthMetre / building.units;
  return { x: round(building.x + width * (unit - 0.5)), y: round(building.y + building.depthMetre / 2) };
}

function flatCentre(building: BuildingPlan, unit: number, index: number): { x: number; y: number } {
  const width = building.widthMetre / building.units;
  const x = building.x + width * (unit - 1) + (width / building.flatsPerFloor) * (index - 0.5);
  return { x: round(x), y: round(building.y + building.depthMetre * (index % 2 ? 0.25 : 0.75)) };
}

function round(metres: number): number {
  return Math.round(metres * 10) / 10;
}

const BIN_STREAMS = [
  { stream: 'recyclable', title: '可回收物桶' },
  { stream: 'kitchen', title: '厨余垃圾桶' },
  { stream: 'hazardous', title: '有害垃圾桶' },
  { stream: 'residual', title: '其他垃圾桶' },
] as const;

function binDevices(plan: EstatePlan): Draft[] {
  return plan.binPoints.flatMap((point, place) =>
    BIN_STREAMS.map(
      ({ stream, title }, index): Draft => ({
        kind: 'smart-bin',
        name: `bin-${place + 1}-${stream}`,
        title: `${title} ${place + 1}`,
        location: { ...point, x: round(point.x + index * 1.2), zone: `bins-${place + 1}` },
        options: { stream },
      }),
    ),
  );
}

function cameraDevice(plan: EstatePlan): Draft {
  const { building, spot, x, y } = plan.camera;
  return draft('high-throw-camera', `camera-${building}`, { building, spot, x, y });
}

/** Departments serve the whole street; an old estate has no property company. */
function makeUsers(): WorldUser[] {
  const perCommunity = ESTATES.flatMap((plan, index): WorldUser[] => {
    const suffix = index === 0 ? '' : `-${plan.id}`;
    const user = (role: Role, title: string): WorldUser => ({
      username: `${role}${suffix}`,
      displayName: `${plan.name}${title}`,
      role,
      communityId: plan.id,
    });
    const company = plan.type === 'old-estate' ? [] : [user('property', '物业')];
    return [user('guard', '保安'), ...company, user('committee', '居委会')];
  });
  return [
    ...perCommunity,
    { username: 'chengguan', displayName: '城管执法队', role: 'department' },
    { username: 'shichang', displayName: '市场监管所', role: 'department' },
    { username: 'paichusuo', displayName: '派出所', role: 'department' },
    { username: 'sifasuo', displayName: '司法所', role: 'department' },
    { username: 'street', displayName: '街道办', role: 'street' },
  ];
}
