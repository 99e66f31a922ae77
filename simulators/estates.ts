/**
 * The three pilot estates as data: one commercial (商品房), one old with no property company
 * (老旧小区), one mixed (混合型). Metres, origin at the south-west corner of each estate's plan.
 */
export type CommunityType = 'commercial' | 'old-estate' | 'mixed';

export interface BuildingPlan {
  id: string;
  x: number;
  y: number;
  widthMetre: number;
  depthMetre: number;
  units: number;
  floors: number;
  flatsPerFloor: number;
}

export interface EstatePlan {
  id: string;
  /** Starts the ids of its devices: short, so that a guard can read one out over the radio. */
  prefix: string;
  name: string;
  type: CommunityType;
  buildings: readonly BuildingPlan[];
  gates: readonly { spot: string; x: number; y: number }[];
  binPoints: readonly { spot: string; x: number; y: number }[];
  /** The facade that the high-throw camera looks at. */
  camera: { building: string; spot: string; x: number; y: number };
  /** Flats in a hundred with a smoke detector, with a gas detector. */
  smokePercent: number;
  gasPercent: number;
}

export const ESTATES: readonly EstatePlan[] = [
  {
    id: 'jinxiu',
    prefix: 'jx',
    name: '锦绣花园',
    type: 'commercial',
    buildings: [
      { id: '1', x: 30, y: 140, widthMetre: 48, depthMetre: 16, units: 2, floors: 18, flatsPerFloor: 4 },
      { id: '2', x: 110, y: 140, widthMetre: 48, depthMetre: 16, units: 2, floors: 18, flatsPerFloor: 4 },
      { id: '3', x: 30, y: 60, widthMetre: 48, depthMetre: 16, units: 2, floors: 24, flatsPerFloor: 4 },
      { id: '5', x: 110, y: 60, widthMetre: 48, depthMetre: 16, units: 2, floors: 24, flatsPerFloor: 4 },
    ],
    gates: [
      { spot: '北门', x: 94, y: 196 },
      { spot: '南门', x: 94, y: 6 },
      { spot: '地下车库入口', x: 176, y: 100 },
    ],
    binPoints: [
      { spot: '1号垃圾分类站', x: 90, y: 150 },
      { spot: '2号垃圾分类站', x: 20, y: 100 },
      { spot: '3号垃圾分类站', x: 168, y: 70 },
    ],
    camera: { building: '3', spot: '南立面', x: 54, y: 30 },
    smokePercent: 6,
    gasPercent: 3,
  },
  {
    id: 'hongqi',
    prefix: 'hq',
    name: '红旗新村',
    type: 'old-estate',
    buildings: [
      { id: '1', x: 20, y: 130, widthMetre: 60, depthMetre: 12, units: 4, floors: 6, flatsPerFloor: 2 },
      { id: '2', x: 20, y: 95, widthMetre: 60, depthMetre: 12, units: 4, floors: 6, flatsPerFloor: 2 },
      { id: '3', x: 20, y: 60, widthMetre: 60, depthMetre: 12, units: 4, floors: 6, flatsPerFloor: 2 },
      { id: '4', x: 95, y: 130, widthMetre: 45, depthMetre: 12, units: 3, floors: 6, flatsPerFloor: 2 },
      { id: '5', x: 95, y: 95, widthMetre: 45, depthMetre: 12, units: 3, floors: 6, flatsPerFloor: 2 },
    ],
    gates: [
      { spot: '东门', x: 150, y: 80 },
      { spot: '西门', x: 4, y: 80 },
    ],
    binPoints: [
      { spot: '东门垃圾房', x: 146, y: 70 },
      { spot: '活动室旁垃圾房', x: 86, y: 50 },
    ],
    camera: { building: '4', spot: '北立面', x: 117, y: 155 },
    smokePercent: 12,
    gasPercent: 7,
  },
  {
    id: 'yangguang',
    prefix: 'yg',
    name: '阳光里',
    type: 'mixed',
    buildings: [
      { id: '1', x: 25, y: 120, widthMetre: 40, depthMetre: 15, units: 2, floors: 11, flatsPerFloor: 3 },
      { id: '2', x: 85, y: 120, widthMetre: 40, depthMetre: 15, units: 2, floors: 11, flatsPerFloor: 3 },
      { id: '6', x: 25, y: 55, widthMetre: 50, depthMetre: 12, units: 3, floors: 6, flatsPerFloor: 2 },
      { id: '7', x: 95, y: 55, widthMetre: 50, depthMetre: 12, units: 3, floors: 6, flatsPerFloor: 2 },
    ],
    gates: [
      { spot: '正门', x: 80, y: 170 },
      { spot: '商业街侧门', x: 160, y: 90 },
    ],
    binPoints: [
      { spot: '正门垃圾分类站', x: 70, y: 160 },
      { spot: '商业街垃圾分类站', x: 154, y: 95 },
      { spot: '6号楼垃圾分类站', x: 18, y: 50 },
    ],
    camera: { building: '1', spot: '南立面', x: 45, y: 95 },
    smokePercent: 10,
    gasPercent: 6,
  },
];
