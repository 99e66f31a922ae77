/**
 * The alarms of this gateway: facts in the store, and folded in memory for the panel, OPC UA and the
 * lanes. An alarm that is over is forgotten some days after its last word; the hub keeps it.
 */
import { type Alarm, type AlarmFact, foldAlarm } from '../core/alarm.ts';
import type { DeviceKind } from '../core/device.ts';
import type { Lane } from '../core/envelope.ts';
import type { Work } from './outbox/work.ts';
import type { Store } from './store.ts';

interface Page {
  facts: Map<string, AlarmFact>;
  alarm: Alarm | undefined;
}

export interface AlarmBook {
  /** Newest first. */
  alarms(): Alarm[];
  ofDevice(deviceId: string): Alarm[];
  get(alarmId: string): { alarm: Alarm; facts: AlarmFact[] } | undefined;
  /** Facts of alarms that are not over: what the engine goes on from. */
  unfinished(): AlarmFact[];
  /** False when the fact is known. */
  add(fact: AlarmFact, work: Work): boolean;
  /** Life safety and falling objects travel on the urgent lane. */
  laneOf(alarmId: string): Lane;
  /** Forgets alarms that have been over since before `before`. Returns how many. */
  forget(before: number, work: Work): number;
  onChange(listener: (alarm: Alarm) => void): void;
}

export function openAlarmBook(store: Store, kinds: ReadonlyMap<string, DeviceKind>): AlarmBook {
  /** Alarm id → its facts and what they say together. */
  const pages = new Map<string, Page>();
  const listeners: ((alarm: Alarm) => void)[] = [];
  const pageOf = (alarmId: string): Page => {
    let page = pages.get(alarmId);
    if (!page) {
      page = { facts: new Map(), alarm: undefined };
      pages.set(alarmId, page);
    }
    return page;
  };
  for (const { value } of store.facts.getRange({})) pageOf(value.alarmId).facts.set(value.id, value);
  for (const page of pages.values()) page.alarm = foldAlarm(page.facts.values());

  const isOver = (page: Page) => page.alarm?.state === 'normal';
  return {
    alarms: () =>
      [...pages.values()]
        .flatMap((page) => page.alarm ?? [])
        .sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1)),
    ofDevice: (deviceId) => [...pages.values()].flatMap(({ alarm }) => (alarm?.deviceId === deviceId ? alarm : [])),
    get(alarmId) {
      const page = pages.get(alarmId);
      return page?.alarm ? { alarm: page.alarm, facts: [...page.facts.values()] } : undefined;
    },
    unfinished: () => [...pages.values()].filter((page) => !isOver(page)).flatMap((page) => [...page.facts.values()]),
    add(fact, work) {
      const page = pageOf(fact.alarmId);
      if (page.facts.has(fact.id)) return false;
      page.facts.set(fact.id, fact);
      page.alarm = foldAlarm(page.facts.values());
      work.write(() => void store.facts.put([fact.alarmId, fact.id], fact));
      const { alarm } = page;
      if (alarm) work.after(() => listeners.forEach((listener) => void listener(alarm)));
      return true;
    },
    laneOf(alarmId) {
      const alarm = pages.get(alarmId)?.alarm;
      if (!alarm) return 'alarm';
      return alarm.lifeSafety || kinds.get(alarm.kind)?.family === 'high-throw' ? 'urgent' : 'alarm';
    },
    forget(before, work) {
      let count = 0;
      for (const [alarmId, page] of pages) {
        const lastWordAt = Math.max(0, ...[...page.facts.values()].map((fact) => fact.at));
        if (!isOver(page) || lastWordAt >= before) continue;
        pages.delete(alarmId);
        for (const factId of page.facts.keys()) work.write(() => void store.facts.remove([alarmId, factId]));
        count += 1;
      }
      return count;
    },
    onChange: (listener) => void listeners.push(listener),
  };
}
