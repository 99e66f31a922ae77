/**
 * A night in fast motion: the three simulated estates from 19:00 to 07:00, with the kinds' own rules
 * and the real alarm engine of each gateway. Three incidents hide in ordinary noise: dinners that
 * burn, gates held open, dirty detectors, full bins, a switch that takes fifteen devices off the
 * network, a bin whose sensor wobbles. One guard per estate acknowledges what is shown to him and
 * resets what is latched. Measured: what the guard is shown with and without the noise layer, and
 * whether each incident was on top within a second.
 */
import { type Alarm, type AlarmFact, type FactBody, foldAlarm } from '../../core/alarm.ts';
import type { Liveness, Observation } from '../../core/reading.ts';
import { severityRank } from '../../core/rule.ts';
import { scanDefinitions } from '../../core/scan.ts';
import { loadKinds } from '../../devices/kinds.ts';
import { type AlarmEngine, createAlarmEngine, loadRuleTypes } from '../../edge/alarms/engine.ts';
import { type Happening, makeLife } from '../../simulators/life.ts';
import { type Random, seededRandom } from '../../simulators/random.ts';
import type { Scenario, Step } from '../../simulators/scenario.ts';
import type { DeviceSimulator } from '../../simulators/simulator.ts';
import { devicesOf, makeWorld, type World, type WorldCommunity } from '../../simulators/world.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS = 12;
/** 2026-03-02 19:00 in Shanghai. */
const START_AT = Date.UTC(2026, 2, 2, 11);
/** The guard looks, goes, answers. */
const ANSWER_MS = 90 * SECOND_MS;
/** Around an incident the guard is busy with it: those minutes are not ordinary. */
const INCIDENT_MS = 20 * MINUTE_MS;

const NOISE: Readonly<Record<string, number>> = {
  'burnt-dinner': 6,
  'held-gate': 12,
  'propped-fire-door': 6,
  'sensor-fault': 4,
  'full-bin': 10,
  'overloaded-cable': 1,
  'leaking-riser': 1,
};

interface HiddenIncident {
  scenario: string;
  communityId: string;
  startAt: number;
  /** Rule of the first alarm it raised, and how long after its first event it stood on top; null if it never did. */
  rule: string | null;
  onTopAfterMs: number | null;
  /** What stood above it, if anything did: an unanswered alarm of life safety has its right to. */
  below: string | null;
}

interface Shift {
  communityId: string;
  devices: number;
  /** Every raise: what a system without a noise layer calls the guard for. */
  raised: number;
  /** What called the guard: not muted, not part of an incident that called already. */
  shown: number;
  /** The same outside of incidents. */
  shownOutside: number;
  hoursOutside: number;
  muted: Record<string, number>;
  foldedIntoIncidents: number;
  chattering: number;
}

export interface NightReport {
  seed: string;
  observations: number;
  shifts: Shift[];
  incidents: HiddenIncident[];
  /** Raises that called the guard, by rule, all estates together. */
  byRule: [string, number][];
}

interface Post {
  community: WorldCommunity;
  engine: AlarmEngine;
  facts: AlarmFact[];
  byAlarm: Map<string, AlarmFact[]>;
  /** What the guard will still do, in the order of time. */
  todo: { at: number; alarmId: string }[];
  lastSeenAt: Map<string, number>;
  liveness: Map<string, Liveness>;
}

export async function runNight(seed: string): Promise<NightReport> {
  const world = makeWorld(seed);
  const random = seededRandom(`${seed}/night`);
  const kinds = await loadKinds();
  const ruleTypes = await loadRuleTypes();
  const scenarios = await scanDefinitions<Scenario>(new URL('../../simulators/scenarios', import.meta.url).pathname);
  const simulators = await scanDefinitions<DeviceSimulator>(
    new URL('../../simulators/devices', import.meta.url).pathname,
  );
  const life = makeLife({ devices: devicesOf(world), simulators, seed, startAt: START_AT });
  const hidden = layNoise({ world, random, scenarios, play: (steps, at) => life.play(steps, at) });

  let ids = 0;
  const posts = world.communities.map((community): Post => {
    const engine = createAlarmEngine({
      gatewayId: community.gateway.id,
      communityId: community.id,
      kinds,
      ruleTypes,
      newId: () => `n${String(ids++).padStart(8, '0')}`,
    });
    engine.setDevices(community.devices);
    engine.tick(START_AT);
    return { community, engine, facts: [], byAlarm: new Map(), todo: [], lastSeenAt: new Map(), liveness: new Map() };
  });
  const postOf = new Map(posts.map((post) => [post.community.id, post]));

  let observations = 0;
  for (let now = START_AT; now < START_AT + HOURS * HOUR_MS; now += 10 * SECOND_MS) {
    for (const happening of life.advance(now + 10 * SECOND_MS)) {
      const observation = observationOf(happening);
      const post = observation && postOf.get(observation.communityId);
      if (!observation || !post) continue;
      observations += 1;
      guard(post, observation.receivedAt);
      post.lastSeenAt.set(observation.deviceId, observation.receivedAt);
      hear(post, observation.deviceId, 'online', observation.receivedAt);
      keep(post, post.engine.observe(observation).facts);
    }
    for (const post of posts) {
      guard(post, now + 10 * SECOND_MS);
      for (const device of post.community.devices) {
        const silentMs = now - (post.lastSeenAt.get(device.id) ?? START_AT);
        if (silentMs > (kinds.get(device.kind)?.silentAfterMs ?? HOUR_MS))
          hear(post, device.id, 'unavailable', now + 10 * SECOND_MS);
      }
      keep(post, post.engine.tick(now + 10 * SECOND_MS).facts);
    }
  }
  return report({ seed, observations, posts, hidden });
}

function layNoise({
  world,
  random,
  scenarios,
  play,
}: {
  world: World;
  random: Random;
  scenarios: ReadonlyMap<string, Scenario>;
  play: (steps: Step[], at: number) => void;
}) {
  const some = () => START_AT + random.between(5 * MINUTE_MS, (HOURS - 0.5) * HOUR_MS);
  const stepsOf = (name: string) => (scenarios.get(name) as Scenario).steps(world, random);
  for (const [name, times] of Object.entries(NOISE))
    for (let time = 0; time < times; time += 1) play(stepsOf(name), some());

  // A switch fails: fifteen devices of one estate are off the network for three quarters of an hour.
  const estate = random.pick(world.communities);
  const off = estate.devices.filter((device) => device.kind !== 'high-throw-camera').slice(0, 15);
  play(
    off.map((device) => ({ atMs: 0, type: 'silence', deviceId: device.id, forMs: 45 * MINUTE_MS })),
    some(),
  );

  // A bin's sensor wobbles between full and empty for ten minutes.
  const bins = devicesOf(world).filter((device) => device.kind === 'smart-bin');
  const bin = random.pick(bins);
  const wobble = Array.from({ length: 60 }, (_, index): Step => {
    const fields = { fillPercent: index % 2 === 0 ? 95 : 20 };
    return { atMs: index * 10 * SECOND_MS, type: 'hold', deviceId: bin.id, fields, forMs: 10 * SECOND_MS };
  });
  play(wobble, some());

  return (['kitchen-fire', 'forced-gate', 'bin-fire'] as const).map((scenario, index) => {
    const startAt = START_AT + (2 + index * 3.5) * HOUR_MS + random.between(0, HOUR_MS);
    const steps = stepsOf(scenario);
    play(steps, startAt);
    const devices = new Set(steps.flatMap((step) => ('deviceId' in step ? [step.deviceId] : [])));
    const calls = steps
      .filter((step) => step.type === 'event' && step.event !== 'pass')
      .map((step) => startAt + step.atMs);
    const community = world.communities.find((one) => one.devices.some((device) => devices.has(device.id)));
    return { scenario, communityId: community?.id ?? '', startAt, firstAt: Math.min(...calls), devices };
  });
}

function observationOf(happening: Happening): Observation | undefined {
  if (happening.type === 'cut') return undefined;
  const { at, device } = happening;
  const said = {
    deviceId: device.id,
    kind: device.kind,
    communityId: device.communityId,
    at,
    receivedAt: at,
    quality: 'good' as const,
  };
  if (happening.type === 'telemetry') return { ...said, channel: 'telemetry', values: happening.values };
  if (happening.type === 'event') return { ...said, channel: 'event', type: happening.event, fields: happening.fields };
  const fields = { confidence: 0.9, startAt: at, endAt: at, suspected: false, track: [], evidence: [] };
  return { ...said, channel: 'event', type: 'falling-object', fields };
}

function hear(post: Post, deviceId: string, liveness: 'online' | 'unavailable', at: number): void {
  if (post.liveness.get(deviceId) === liveness) return;
  post.liveness.set(deviceId, liveness);
  keep(post, post.engine.liveness(deviceId, liveness, at).facts);
}

function keep(post: Post, facts: readonly AlarmFact[]): void {
  for (const fact of facts) {
    post.facts.push(fact);
    const known = post.byAlarm.get(fact.alarmId);
    if (known) known.push(fact);
    else post.byAlarm.set(fact.alarmId, [fact]);
    if (fact.body.type === 'raised' || fact.body.type === 'cleared')
      post.todo.push({ at: fact.at + ANSWER_MS, alarmId: fact.alarmId });
  }
}

/** The guard answers what he was shown, and resets what has burnt out. */
function guard(post: Post, now: number): void {
  while (post.todo[0] && post.todo[0].at <= now) {
    const { at, alarmId } = post.todo.shift() as Post['todo'][number];
    const alarm = foldAlarm(post.byAlarm.get(alarmId) ?? []);
    if (!alarm || alarm.state === 'suppressed') continue;
    const { activation } = alarm;
    const bodies: FactBody[] = [];
    if (!alarm.acknowledged) bodies.push({ type: 'acknowledged', activation });
    if (alarm.latched) bodies.push({ type: 'reset', activation });
    const facts = bodies.map((body, index): AlarmFact => {
      const origin = { type: 'hub' as const, id: 'hub' };
      return { id: `${alarmId}-${at}-${index}`, alarmId, at, origin, author: { type: 'person', id: 'guard' }, body };
    });
    if (facts.length === 0) continue;
    keep(post, facts);
    keep(post, post.engine.apply(facts).facts);
  }
}

function report(night: {
  seed: string;
  observations: number;
  posts: Post[];
  hidden: { scenario: string; communityId: string; startAt: number; firstAt: number; devices: Set<string> }[];
}): NightReport {
  const byRule = new Map<string, number>();
  const shifts = night.posts.map((post): Shift => {
    const around = night.hidden.filter((one) => one.communityId === post.community.id).map((one) => one.startAt);
    const raises = post.facts.filter((fact) => fact.body.type === 'raised');
    const muted: Record<string, number> = {};
    let foldedIntoIncidents = 0;
    const shown = raises.filter((raise) => {
      const same = post.byAlarm.get(raise.alarmId) ?? [];
      const before = foldAlarm(same.filter((fact) => fact.at <= raise.at));
      const by = before?.suppressedBy[0]?.by.split(':')[0];
      const joined = same.find((fact) => fact.body.type === 'incident-linked' && fact.at === raise.at);
      if (by) muted[by] = (muted[by] ?? 0) + 1;
      else if (joined?.body.type === 'incident-linked' && !joined.body.firstOut) foldedIntoIncidents += 1;
      else return true;
      return false;
    });
    for (const { body } of shown) if (body.type === 'raised') byRule.set(body.rule, (byRule.get(body.rule) ?? 0) + 1);
    const isOutside = (at: number) => !around.some((start) => at >= start && at < start + INCIDENT_MS);
    return {
      communityId: post.community.id,
      devices: post.community.devices.length,
      raised: raises.length,
      shown: shown.length,
      shownOutside: shown.filter((raise) => isOutside(raise.at)).length,
      hoursOutside: HOURS - (around.length * INCIDENT_MS) / HOUR_MS,
      muted,
      foldedIntoIncidents,
      chattering: post.facts.filter((fact) => fact.author.id === 'chattering' && fact.body.type === 'commented').length,
    };
  });
  const incidents = night.hidden.map(({ firstAt, devices, ...one }): HiddenIncident => {
    const post = night.posts.find((other) => other.community.id === one.communityId);
    const first = post?.facts.find(
      ({ at, body }) =>
        body.type === 'raised' && at >= one.startAt && at <= one.startAt + 60_000 && devices.has(body.deviceId),
    );
    const top = first && post && topOf(post, first.at);
    const isOnTop = top !== undefined && top.id === first?.alarmId;
    const rule = first?.body.type === 'raised' ? first.body.rule : null;
    return {
      ...one,
      rule,
      onTopAfterMs: first && isOnTop ? Math.max(0, first.at - firstAt) : null,
      below: top && !isOnTop ? `${top.rule}${top.lifeSafety ? ' (life safety)' : ''}` : null,
    };
  });
  const { seed, observations } = night;
  return { seed, observations, shifts, incidents, byRule: [...byRule].sort((a, b) => b[1] - a[1]) };
}

/** The first line of the guard's list at this instant: unanswered before answered, life safety, severity, newest. */
function topOf(post: Post, at: number): Alarm | undefined {
  const order = (alarm: Alarm) =>
    (alarm.acknowledged ? 100 : 0) + (alarm.lifeSafety ? 0 : 10) + severityRank(alarm.severity);
  return [...post.byAlarm.values()]
    .map((facts) => foldAlarm(facts.filter((fact) => fact.at <= at)))
    .filter((alarm) => alarm !== undefined && alarm.condition === 'active' && alarm.state !== 'suppressed')
    .sort((a, b) => order(a as Alarm) - order(b as Alarm) || (b as Alarm).lastAt - (a as Alarm).lastAt)[0];
}

export function nightTable(night: NightReport): string {
  const per = (count: number, hours: number) => (count / hours).toFixed(2);
  const lines = [
    `night of seed ${night.seed}: ${HOURS} h, ${night.observations} observations, one guard per estate`,
    '',
    '| estate | devices | raised/h | shown/h | shown/h outside incidents | muted | folded into incidents |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...night.shifts.map((shift) => {
      const muted =
        Object.entries(shift.muted)
          .map(([by, count]) => `${by} ${count}`)
          .join(', ') || '–';
      const outside = per(shift.shownOutside, shift.hoursOutside);
      return `| ${shift.communityId} | ${shift.devices} | ${per(shift.raised, HOURS)} | ${per(shift.shown, HOURS)} | ${outside} | ${muted} | ${shift.foldedIntoIncidents} |`;
    }),
    '',
    ...night.incidents.map((one) => {
      const top =
        one.onTopAfterMs === null
          ? `NOT ON TOP, below ${one.below ?? 'nothing: it was not raised'}`
          : `on top after ${one.onTopAfterMs} ms`;
      return `${one.scenario} in ${one.communityId}: ${one.rule ?? 'no alarm'}, ${top}`;
    }),
    '',
    `shown by rule: ${night.byRule.map(([rule, count]) => `${rule} ${count}`).join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}
