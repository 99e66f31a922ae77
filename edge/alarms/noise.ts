/**
 * The noise layer: what keeps a guard able to hear. It never withholds a fact; it adds marks to
 * alarms (incident, suppressed with a reason, by what and until when, a comment with a fix) as facts
 * of their own. In come raises and clears of the slots; state is persisted under `noise/`, so a
 * restart goes on muting what was muted before anything is shown.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Alarm, FactBody } from '../../core/alarm.ts';
import type { Device } from '../../core/device.ts';
import { type Inhibition, Inhibitor, type Muting } from '../../core/inhibition.ts';
import { isMutedBy, type MuteWindow } from '../../core/mute-window.ts';
import type { RuleSpec } from '../../core/rule.ts';
import type { Changes } from './changes.ts';
import { countShown, endsAt, type Flood, FOLDED_MS_MAX, isFoldable, settle } from './flood.ts';
import { INCIDENT_WINDOW_MS, type Incident, Incidents } from './incidents.ts';
import { type Complaint, suggestFix } from './tuning.ts';

/** After the source is over, what it muted gets so long to be over too: devices come back one by one. */
const HOLD_MS = 60_000;
/** Three transitions in a minute are chatter (ISA-18.2). */
const CHATTER_MS = 60_000;
const CHATTER_COUNT = 3;
/** A chattering alarm is quiet for so long after its last transition; never one of life safety. */
const CHATTER_MUTE_MS = 10 * 60_000;
/** Active for longer is stale (ISA-18.2). */
const STALE_MS = 24 * 3_600_000;

/** What the layer remembers of one open alarm. */
interface Mark {
  /** Its newest transitions, three at most. */
  turns: number[];
  /** Nobody was called by it: muted since its present activation began, and nothing unanswered before. */
  isUnheard?: boolean;
  /** Its last activation was answered, or needed no answer. */
  isAnswered?: boolean;
  chatterSaidAt?: number;
  staleSaid?: number;
}

export interface NoiseParts {
  alarm(alarmId: string): Alarm | undefined;
  device(deviceId: string): Device | undefined;
  spec(alarm: Alarm): RuleSpec | undefined;
  /** States a fact of the system about an open alarm. */
  say(fact: { alarmId: string; at: number; author: string; body: FactBody }, changes: Changes): void;
  /** How far this clock is ahead of the hub's, which planned times of silence are told in. */
  aheadMs(): number;
  /** Sets or cancels a due time of the layer. */
  timer(key: string, at: number | undefined): void;
}

export class Noise {
  readonly #parts: NoiseParts;
  #inhibitions: readonly Inhibition[];
  #inhibitor: Inhibitor;
  readonly #incidents = new Incidents();
  readonly #marks = new Map<string, Mark>();
  #windows: MuteWindow[] = [];
  #flood: Flood = { times: [] };

  constructor(parts: NoiseParts, inhibitions: readonly Inhibition[]) {
    this.#parts = parts;
    this.#inhibitions = inhibitions;
    this.#inhibitor = new Inhibitor(inhibitions);
  }

  restore(key: string, value: unknown): void {
    const [, topic, id] = key.split('/');
    if (topic === 'mark') this.#marks.set(id as string, value as Mark);
    else if (topic === 'flood') this.#flood = value as Flood;
    else if (topic === 'windows') this.#windows = value as MuteWindow[];
    else if (topic === 'inhibitions') {
      this.#inhibitions = value as Inhibition[];
      this.#inhibitor = new Inhibitor(this.#inhibitions);
    } else if (topic === 'incident') {
      this.#incidents.restore(value as Incident);
      this.#parts.timer(key, (value as Incident).lastAt + INCIDENT_WINDOW_MS);
    }
    const end = endsAt(this.#flood);
    if (topic === 'flood' && end !== undefined) this.#parts.timer('noise/flood', end);
  }

  /** After a restart, for each open alarm: who mutes whom is known again before anything happens. */
  resume(alarm: Alarm, raisedAt: number): void {
    if (alarm.condition !== 'active' || alarm.latched) return;
    this.#inhibitor.add(alarm, this.#parts.device(alarm.deviceId));
    this.#watchStale(alarm, raisedAt);
  }

  /** The windows in force or to come; one that is withdrawn frees what it muted. */
  setWindows(windows: MuteWindow[], open: Iterable<Alarm>, at: number, changes: Changes): void {
    const kept = new Set(windows.map((window) => window.id));
    for (const window of this.#windows) if (!kept.has(window.id)) this.#unmuteAll(open, windowBy(window), at, changes);
    this.#windows = windows.filter((window) => window.untilAt > at - this.#parts.aheadMs());
    changes.state.set('noise/windows', this.#windows.length > 0 ? this.#windows : undefined);
  }

  /** Other rules of who mutes whom: what they mute is muted now, what nothing mutes any more is shown. */
  setInhibitions(inhibitions: readonly Inhibition[], open: Iterable<Alarm>, at: number, changes: Changes): void {
    if (isDeepStrictEqual(inhibitions, this.#inhibitions)) return;
    this.#inhibitions = inhibitions;
    this.#inhibitor = new Inhibitor(inhibitions);
    changes.state.set('noise/inhibitions', [...inhibitions]);
    const alarms = [...open];
    // Key: alarm id and what mutes it.
    const mutings = new Map<string, Muting>();
    for (const alarm of alarms) {
      if (alarm.condition !== 'active' || alarm.latched) continue;
      const { mutedBy, mutes } = this.#inhibitor.add(alarm, this.#parts.device(alarm.deviceId));
      for (const muting of [...mutedBy, ...mutes]) mutings.set(`${muting.targetId}|${inhibitionBy(muting)}`, muting);
    }
    for (const { id, suppressedBy } of alarms)
      for (const { by } of suppressedBy)
        if (by.startsWith('inhibition:') && !mutings.delete(`${id}|${by}`)) this.#unmute(id, by, at, changes);
    for (const muting of mutings.values()) this.#muteBy(muting, at, changes);
  }

  raised(alarm: Alarm, at: number, changes: Changes): void {
    const mark = this.#turn(alarm, at);
    this.#watchStale(alarm, at);
    this.#muteByWindow(alarm, at, changes);
    this.#muteByInhibition(alarm, at, changes);
    this.#muteByChatter(alarm, mark, at, changes);
    this.#muteByFlood(alarm, at, changes);
    const isMuted = this.#parts.alarm(alarm.id)?.state === 'suppressed';
    mark.isUnheard = isMuted && (alarm.activation === 1 || mark.isAnswered === true);
    this.#setMark(alarm.id, mark, changes);
    this.#joinIncident(alarm, at, changes);
  }

  cleared(alarm: Alarm, at: number, changes: Changes): void {
    const mark = this.#turn(alarm, at);
    mark.isAnswered = alarm.acknowledged || mark.isUnheard === true;
    this.#setMark(alarm.id, mark, changes);
    this.#parts.timer(`noise/stale/${alarm.id}`, undefined);
    // The source is over; its targets stay muted a little, with an end.
    for (const muting of this.#inhibitor.remove(alarm.id)) this.#muteBy(muting, at, changes, at + HOLD_MS);
    this.#muteByChatter(alarm, mark, at, changes);
    // It came and went while muted: nobody was called, so nobody need answer.
    const now = this.#parts.alarm(alarm.id);
    if (!mark.isUnheard || now?.state !== 'suppressed' || now.acknowledged || now.latched) return;
    const by = now.suppressedBy.map((one) => one.by);
    const author = authorOf(by[0] ?? '');
    const { say } = this.#parts;
    say(
      { alarmId: alarm.id, at, author, body: { type: 'acknowledged', activation: now.activation, note: by.join(' ') } },
      changes,
    );
    // A chattering alarm may come again at once and stays muted; for the rest nothing is left to mute.
    for (const one of by) if (one !== 'chattering') this.#unmute(alarm.id, one, at, changes);
  }

  /** The alarm is over and forgotten. */
  over(alarmId: string, changes: Changes): void {
    this.#inhibitor.remove(alarmId);
    this.#parts.timer(`noise/stale/${alarmId}`, undefined);
    if (!this.#marks.delete(alarmId)) return;
    changes.state.set(`noise/mark/${alarmId}`, undefined);
  }

  /** A due time of the layer. */
  due(key: string, at: number, open: Iterable<Alarm>, changes: Changes): void {
    const [, topic, id] = key.split('/');
    if (topic === 'stale') this.#sayStale(id as string, at, changes);
    else if (topic === 'incident') {
      this.#incidents.delete(id as string);
      changes.state.set(key, undefined);
    } else if (topic === 'flood') {
      this.#setFlood(settle(this.#flood, at), changes);
      if (this.#flood.since === undefined) this.#unmuteAll(open, 'flood', at, changes);
    }
  }

  #muteByWindow(alarm: Alarm, at: number, changes: Changes): void {
    const aheadMs = this.#parts.aheadMs();
    for (const window of this.#windows)
      if (isMutedBy(window, alarm, at - aheadMs))
        this.#mute(
          { alarmId: alarm.id, by: windowBy(window), reason: window.reason, untilAt: window.untilAt + aheadMs },
          at,
          changes,
        );
  }

  #muteByInhibition(alarm: Alarm, at: number, changes: Changes): void {
    const { mutedBy, mutes } = this.#inhibitor.add(alarm, this.#parts.device(alarm.deviceId));
    for (const muting of [...mutedBy, ...mutes]) this.#muteBy(muting, at, changes);
  }

  #muteBy(muting: Muting, at: number, changes: Changes, untilAt?: number): void {
    const { inhibition, sourceId, targetId: alarmId } = muting;
    const reason = `${inhibition.reason} (${sourceId})`;
    const end = untilAt === undefined ? {} : { untilAt };
    this.#mute({ alarmId, by: inhibitionBy(muting), reason, ...end }, at, changes);
  }

  #muteByChatter(alarm: Alarm, mark: Mark, at: number, changes: Changes): void {
    if (mark.turns.length < CHATTER_COUNT || at - (mark.turns[0] as number) > CHATTER_MS) return;
    if (mark.chatterSaidAt === undefined || at - mark.chatterSaidAt > STALE_MS) {
      mark.chatterSaidAt = at;
      this.#complain(alarm, 'chattering', at, changes);
      this.#setMark(alarm.id, mark, changes);
    }
    if (alarm.lifeSafety) return;
    const muted = this.#parts.alarm(alarm.id)?.suppressedBy.find((one) => one.by === 'chattering');
    if (muted?.untilAt && muted.untilAt + this.#parts.aheadMs() - at > CHATTER_MUTE_MS / 2) return;
    const reason = '频繁抖动，暂时静默 / chattering, muted for a while';
    this.#mute({ alarmId: alarm.id, by: 'chattering', reason, untilAt: at + CHATTER_MUTE_MS }, at, changes);
  }

  #muteByFlood(alarm: Alarm, at: number, changes: Changes): void {
    if (this.#parts.alarm(alarm.id)?.state === 'suppressed') return;
    const flood = settle(this.#flood, at);
    if (flood.since !== undefined && isFoldable(alarm)) {
      const reason = '报警洪水，低优先级折叠 / flood: low priorities are folded';
      this.#mute({ alarmId: alarm.id, by: 'flood', reason, untilAt: at + FOLDED_MS_MAX }, at, changes);
      if (flood.times.length !== this.#flood.times.length) this.#setFlood(flood, changes);
      return;
    }
    this.#setFlood(countShown(flood, at), changes);
  }

  #joinIncident(alarm: Alarm, at: number, changes: Changes): void {
    // What a test or maintenance makes is not part of what happens.
    if (this.#parts.alarm(alarm.id)?.suppressedBy.some((one) => one.by.startsWith('window:'))) return;
    const joined = this.#incidents.join(alarm, at);
    if (!joined) return;
    const { incident, isNew } = joined;
    const key = `noise/incident/${incident.id}`;
    changes.state.set(key, incident);
    this.#parts.timer(key, at + INCIDENT_WINDOW_MS);
    if (!isNew || incident.alarmIds.length < 2) return;
    // The second alarm makes it an incident: the first is told of it now.
    const told = incident.alarmIds.length === 2 ? incident.alarmIds : [alarm.id];
    for (const alarmId of told) {
      const firstOut = alarmId === incident.alarmIds[0];
      this.#parts.say(
        { alarmId, at, author: 'incidents', body: { type: 'incident-linked', incidentId: incident.id, firstOut } },
        changes,
      );
    }
  }

  #watchStale(alarm: Alarm, raisedAt: number): void {
    if (this.#marks.get(alarm.id)?.staleSaid === alarm.activation) return;
    this.#parts.timer(`noise/stale/${alarm.id}`, raisedAt + STALE_MS);
  }

  #sayStale(alarmId: string, at: number, changes: Changes): void {
    const alarm = this.#parts.alarm(alarmId);
    if (alarm?.condition !== 'active') return;
    this.#complain(alarm, 'stale', at, changes);
    this.#setMark(alarmId, { ...(this.#marks.get(alarmId) ?? { turns: [] }), staleSaid: alarm.activation }, changes);
  }

  #complain(alarm: Alarm, complaint: Complaint, at: number, changes: Changes): void {
    const text = suggestFix(complaint, this.#parts.spec(alarm));
    this.#parts.say({ alarmId: alarm.id, at, author: complaint, body: { type: 'commented', text } }, changes);
  }

  #mute(
    { alarmId, by, reason, untilAt }: { alarmId: string; by: string; reason: string; untilAt?: number },
    at: number,
    changes: Changes,
  ): void {
    const body: FactBody = { type: 'suppressed', by, reason, ...(untilAt === undefined ? {} : { untilAt }) };
    this.#parts.say({ alarmId, at, author: authorOf(by), body }, changes);
  }

  #unmute(alarmId: string, by: string, at: number, changes: Changes): void {
    this.#parts.say({ alarmId, at, author: authorOf(by), body: { type: 'unsuppressed', by, cause: 'ended' } }, changes);
  }

  #unmuteAll(open: Iterable<Alarm>, by: string, at: number, changes: Changes): void {
    for (const alarm of open)
      if (alarm.suppressedBy.some((one) => one.by === by)) this.#unmute(alarm.id, by, at, changes);
  }

  #turn(alarm: Alarm, at: number): Mark {
    const mark = this.#marks.get(alarm.id) ?? { turns: [] };
    return { ...mark, turns: [...mark.turns, at].slice(-CHATTER_COUNT) };
  }

  #setMark(alarmId: string, mark: Mark, changes: Changes): void {
    this.#marks.set(alarmId, mark);
    changes.state.set(`noise/mark/${alarmId}`, { ...mark });
  }

  #setFlood(flood: Flood, changes: Changes): void {
    this.#flood = flood;
    changes.state.set('noise/flood', flood.times.length > 0 ? flood : undefined);
    this.#parts.timer('noise/flood', endsAt(flood));
  }
}

function inhibitionBy({ inhibition }: Muting): string {
  return `inhibition:${inhibition.id}`;
}

function windowBy(window: MuteWindow): string {
  return `window:${window.type}:${window.id}`;
}

function authorOf(by: string): string {
  const [kind] = by.split(':');
  return kind || 'noise';
}
