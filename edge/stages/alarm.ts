/**
 * Alarm: what the engine says becomes facts of the book, states of the store, commands to devices,
 * and entries for the hub. Muting is among the facts: a suppressed alarm carries its mark and reason.
 */
import type { AlarmFact } from '../../core/alarm.ts';
import type { AlarmBook } from '../alarm-book.ts';
import type { Changes, LocalCommand } from '../alarms/engine.ts';
import type { Work } from '../outbox/work.ts';
import type { Store } from '../store.ts';

export interface AlarmTools {
  book: AlarmBook;
  store: Store;
  onCommands(commands: LocalCommand[], work: Work): void;
}

export function alarm(changes: Changes, { book, store, onCommands }: AlarmTools, work: Work): void {
  for (const [key, state] of changes.state) {
    if (state === undefined) work.write(() => void store.ruleStates.remove(key));
    else work.write(() => void store.ruleStates.put(key, state));
  }
  if (changes.facts.length > 0) addFacts(changes.facts, book, work);
  if (changes.commands.length > 0) onCommands(changes.commands, work);
}

/** Keeps facts and sends those that were said here to the hub. Facts that are known change nothing. */
export function addFacts(facts: readonly AlarmFact[], book: AlarmBook, work: Work): AlarmFact[] {
  const fresh = facts.filter((fact) => book.add(fact, work));
  for (const fact of fresh) {
    if (fact.origin.type !== 'gateway') continue;
    work.send(book.laneOf(fact.alarmId), { type: 'fact', fact }, { fromAt: fact.at, toAt: fact.at });
    if (fact.body.type !== 'evidence') continue;
    const { evidence } = fact.body;
    work.send(
      'evidence',
      { type: 'evidence', alarmId: fact.alarmId, evidence },
      { fromAt: evidence.at, toAt: evidence.at, file: evidence.sha256 },
    );
  }
  return fresh;
}
