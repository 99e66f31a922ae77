/** What one call of the engine adds and changes: the caller persists all of it in one transaction. */
import type { AlarmFact } from '../../core/alarm.ts';
import type { Value } from '../../core/reading.ts';

/** A command that an alarm sends to a device of the same gateway at once, with no hub. */
export interface LocalCommand {
  deviceId: string;
  name: string;
  args: Record<string, Value>;
  /** After this the command is worthless and must not be sent. */
  deadlineAt: number;
  alarmId: string;
}

export interface Changes {
  /** Facts that the engine adds; facts handed to `apply` are the caller's to keep. */
  facts: AlarmFact[];
  /** Key: part of the engine's state, handed back to `restore`; undefined deletes it. */
  state: Map<string, unknown | undefined>;
  commands: LocalCommand[];
}

export function newChanges(): Changes {
  return { facts: [], state: new Map(), commands: [] };
}
