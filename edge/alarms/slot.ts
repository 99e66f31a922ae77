/** The shapes of an alarm slot: the one alarm of a device (or place) and a rule. */
import type { Alarm, AlarmFact, AlarmFold } from '../../core/alarm.ts';
import type { Device } from '../../core/device.ts';
import type { RuleSpec, Severity } from '../../core/rule.ts';
import type { Changes } from './changes.ts';
import type { Cause } from './rule-type.ts';

/** The persistent part of a slot; a new object whenever it changes. */
export interface SlotState {
  alarmId: string;
  activation: number;
  step: number;
  active: boolean;
  /** Nothing is left to do: condition gone, acknowledged, not muted. The next raise makes a fresh alarm. */
  over: boolean;
  count: number;
  severity: Severity;
  /** When the last condition fact was said. */
  saidAt: number;
  /** What happened since and is not said yet. */
  unsaid?: Cause | true;
  lateAt?: number;
}

export interface FoldedAlarm {
  fold: AlarmFold;
  /** Folded on demand; undefined after a fact came in. */
  alarm: Alarm | undefined;
}

export interface OpenAlarm extends FoldedAlarm {
  slotKey: string;
}

export interface SlotOwner {
  slotKey: string;
  spec: RuleSpec;
  device: Device;
}

interface SlotEvents {
  raised(alarm: Alarm, at: number, changes: Changes): void;
  cleared(alarm: Alarm, at: number, changes: Changes): void;
  /** It is over and leaves memory. */
  over(alarmId: string, changes: Changes): void;
}

export interface SlotParts {
  gatewayId: string;
  newId: () => string;
  /** What every fact says of its origin. */
  said: () => Pick<AlarmFact, 'origin' | 'skewMs'>;
  /** Sets or cancels (undefined) the time at which a slot's unsaid repeats must be told. */
  flushAt: (slotKey: string, at: number | undefined) => void;
  events: SlotEvents;
}
