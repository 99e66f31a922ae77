/** A place in one short line. A spot that names its building already ("1号楼南立面") is not told twice. */
import { type Location, locationTitle } from '../../../../core/device.ts';

export function placeTitle(location: Location, language: 'zh' | 'en'): string {
  const { building, spot, ...rest } = location;
  const told = building !== undefined && spot?.includes(`${building}号楼`);
  if (!told) return locationTitle(location, language);
  return locationTitle({ ...rest, spot }, language);
}
