import { diskProblem } from '../core/disk.ts';

/** Why the gateway keeps nothing, for people, with the cure. */
export function storeProblem(said: string): string {
  return diskProblem(said, {
    zh: '在此之前不向设备确认收到',
    en: 'until then no message of a device is acknowledged',
  });
}
