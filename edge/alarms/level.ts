/**
 * A condition that holds or does not, with delays both ways on the clock: the shared end of all
 * rule types whose verdict is a level. Undefined is normal.
 */
export type Level =
  | { phase: 'pending'; since: number }
  | { phase: 'active'; since: number }
  | { phase: 'clearing'; since: number };

export interface Delays {
  onMs: number;
  offMs: number;
}

/**
 * The next level and what it means. `holds` is undefined when nothing new is known (a due time, a
 * restart): then the present phase goes on, and only its delay may run out. The same object comes
 * back when nothing changed.
 */
export function stepLevel(
  level: Level | undefined,
  holds: boolean | undefined,
  at: number,
  delays: Delays,
): { level: Level | undefined; turned?: 'active' | 'clear'; dueAt?: number } {
  const holding = holds ?? (level?.phase === 'pending' || level?.phase === 'active');
  if (!level) {
    if (!holding) return { level };
    return stepLevel({ phase: 'pending', since: at }, true, at, delays);
  }
  switch (level.phase) {
    case 'pending':
      if (!holding) return { level: undefined };
      if (at >= level.since + delays.onMs) return { level: { phase: 'active', since: at }, turned: 'active' };
      return { level, dueAt: level.since + delays.onMs };
    case 'active':
      if (holding) return { level };
      return stepLevel({ phase: 'clearing', since: at }, false, at, delays);
    case 'clearing':
      if (holding) return { level: { phase: 'active', since: level.since } };
      if (at >= level.since + delays.offMs) return { level: undefined, turned: 'clear' };
      return { level, dueAt: level.since + delays.offMs };
  }
}

/** The level to go on from when the state was lost but the alarm stands. */
export function levelOf(level: Level | undefined, active: boolean, at: number): Level | undefined {
  return level ?? (active ? { phase: 'active', since: at } : undefined);
}
