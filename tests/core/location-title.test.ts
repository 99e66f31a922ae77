import { expect, test } from 'vitest';
import { locationTitle } from '../../core/device.ts';

test.each([
  [{ building: '3', unit: '2', floor: 5, room: '502' }, '3号楼2单元5层502', 'Bldg 3, Unit 2, Floor 5, Room 502'],
  [{ building: '3', spot: '南立面' }, '3号楼南立面', 'Bldg 3, 南立面'],
  // The spot names its building already.
  [{ building: '3', spot: '3号楼南立面' }, '3号楼南立面', 'Bldg 3, 南立面'],
  [{ building: '3', floor: 1, spot: '3号楼大堂' }, '3号楼1层大堂', 'Bldg 3, Floor 1, 大堂'],
  [{ building: '3', spot: '正对3号楼' }, '正对3号楼', '正对3号楼'],
  // It names another one: 13 is not 3.
  [{ building: '3', spot: '13号楼对面' }, '3号楼13号楼对面', 'Bldg 3, 13号楼对面'],
  // Typed with its counter.
  [{ building: '3号楼', unit: '2单元' }, '3号楼2单元', 'Bldg 3, Unit 2'],
  [{ building: '3号楼', spot: '3号楼南立面' }, '3号楼南立面', 'Bldg 3, 南立面'],
  [{ building: 'A(1)', spot: 'A(1)号楼顶' }, 'A(1)号楼顶', 'Bldg A(1), 顶'],
  [{ spot: '北门' }, '北门', '北门'],
  [{}, '位置未填', 'no location'],
])('the place %j is told once', (location, zh, en) => {
  expect(locationTitle(location)).toBe(zh);
  expect(locationTitle(location, 'en')).toBe(en);
});
