/**
 * `npm run rules -- list` names the default rules of every kind; `npm run rules -- try RULE …` runs
 * one over recorded history before it is switched on (see docs/add-a-rule.md).
 */
import { existsSync, readFileSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { numberIn, readCommand, runCommand } from '../../core/command.ts';
import type { DeviceKind } from '../../core/device.ts';
import { StartError } from '../../core/errors.ts';
import { ruleSpecSchema } from '../../core/rule.ts';
import { problemText, ZONE } from '../../core/rule-pieces.ts';
import { loadKinds } from '../../devices/kinds.ts';
import { fetchHistory, readHistory } from './history.ts';
import { parseInstant } from './local-time.ts';
import { compileRule, loadRuleTypes } from './rule-types.ts';
import { type Trial, tryRule } from './try.ts';

const USAGE = `npm run rules -- list
npm run rules -- try RULE --from WHEN [--to WHEN] (--history FILE.jsonl | --hub URL --token TOKEN [--step-ms MS])
                     [--kind KIND] [--community ID] [--device ID] [--json]
RULE: id of a default rule, or a JSON file with a rule. WHEN: 2026-03-01, 2026-03-01T08:00, or epoch ms.
`;
const DAY_MS = 24 * 3_600_000;
const SHOWN_MAX = 20;

await runCommand('linli rules', main);

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const kinds = await loadKinds();
  if (positionals[0] === 'list') return list(kinds);
  const [command, name] = positionals;
  if (command !== 'try' || !name) throw new StartError(`what to do?\n${USAGE}`);

  const { rule, kindIds } = findRule(name, values.kind, kinds);
  const fromAt = instant('--from', values.from ?? '');
  const toAt = values.to === undefined ? systemClock.now() : instant('--to', values.to);
  if (toAt <= fromAt) throw new StartError('--to must lie after --from');
  const ruleTypes = await loadRuleTypes();
  const compiled = compileRule(rule, ruleTypes);
  const history = values.history
    ? readHistory(values.history, kindIds[0] ?? '')
    : await fetchHistory({
        hubUrl: values.hub ?? fail('give --history FILE, or --hub URL with --token TOKEN'),
        token: values.token ?? process.env.LINLI_API_TOKEN ?? fail('give --token TOKEN, an API token of the hub'),
        // A rule of a place listens to every kind and device there.
        kinds: compiled.place ? [...kinds.keys()] : kindIds,
        communityId: values.community,
        deviceId: compiled.place ? undefined : values.device,
        isBoolean: (kind, field) => kinds.get(kind)?.fields[field]?.type === 'boolean',
        fields: compiled.fields,
        events: [...compiled.events],
        fromAt: Math.max(0, fromAt - DAY_MS),
        toAt,
        stepMs: numberIn(values['step-ms'] ?? '60000', '--step-ms', { min: 1_000, max: DAY_MS }),
      });
  const trial = tryRule({
    rule,
    kinds: kindIds,
    devices: history.devices,
    history: history.observations,
    fromAt,
    toAt,
    ruleTypes,
  });
  process.stdout.write(values.json ? `${JSON.stringify(trial, null, 2)}\n` : report(trial));
}

function readArguments() {
  const text = { type: 'string' } as const;
  const options = {
    ...{ from: text, to: text, history: text, hub: text, token: text, 'step-ms': text },
    ...{ kind: text, community: text, device: text },
    json: { type: 'boolean' },
  } as const;
  return readCommand({ allowPositionals: true, options }, `\n${USAGE}`);
}

function findRule(name: string, kind: string | undefined, kinds: ReadonlyMap<string, DeviceKind>) {
  if (kind !== undefined && !kinds.has(kind)) fail(`--kind ${kind}: there is no such kind`);
  if (existsSync(name)) {
    const parsed = ruleSpecSchema.safeParse(readJson(name));
    if (!parsed.success) throw new StartError(`${name}: ${problemText(parsed.error)}`);
    return { rule: parsed.data, kindIds: kind ? [kind] : [...kinds.keys()] };
  }
  const found = [...kinds].flatMap(([id, { rules }]) => {
    const rule = rules.find((one) => one.id === name);
    return rule && (!kind || id === kind) ? [{ id, rule }] : [];
  });
  const first = found[0];
  if (!first) throw new StartError(`there is no rule ${name}: see npm run rules -- list`);
  // Kinds may have rules of one name and different meaning: only those that say the same go together.
  const same = found.filter((one) => JSON.stringify(one.rule) === JSON.stringify(first.rule));
  if (same.length < found.length)
    throw new StartError(`${name} differs by kind: give --kind ${found.map((one) => one.id).join(' or ')}`);
  return { rule: first.rule, kindIds: same.map((one) => one.id) };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new StartError(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function instant(flag: string, text: string): number {
  return parseInstant(text) ?? fail(`${flag} ${text}: give 2026-03-01, 2026-03-01T08:00 or epoch milliseconds`);
}

function fail(message: string): never {
  throw new StartError(message);
}

function list(kinds: ReadonlyMap<string, DeviceKind>): void {
  const lines = [...kinds].flatMap(([id, { rules }]) =>
    rules.map((rule) => {
      const off = rule.enabled === false ? ' (off)' : '';
      return `${id.padEnd(20)} ${rule.id.padEnd(28)} ${rule.type.padEnd(16)} ${rule.severity}${off}\n`;
    }),
  );
  process.stdout.write(lines.join(''));
}

function report(trial: Trial): string {
  const { rule, firings, muted, byDevice } = trial;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'medium' });
  const time = (at: number) => format.format(at);
  const lines = [
    `${rule.id} (${rule.type}, ${rule.severity}) over ${time(trial.fromAt)} – ${time(trial.toAt)}`,
    `${trial.observations} observations of ${trial.devices} devices`,
    `would have fired ${firings.length} times, ${muted} of them muted; shown ${trial.perDay.toFixed(2)} a day`,
    trial.medianMs === null ? '' : `active for ${Math.round(trial.medianMs / 1_000)} s in the median`,
    ...byDevice.slice(0, SHOWN_MAX).map((one) => `  ${String(one.firings).padStart(5)} × ${one.deviceId}`),
    ...firings.slice(0, SHOWN_MAX).map((one) => {
      const until = one.clearedAt === null ? 'still active' : `until ${time(one.clearedAt)}`;
      const mute = one.mutedBy ? `, muted by ${one.mutedBy}` : '';
      return `  ${time(one.at)} ${one.deviceId} ${JSON.stringify(one.cause)} ${until}${mute}`;
    }),
    firings.length > SHOWN_MAX ? `  … and ${firings.length - SHOWN_MAX} more (--json shows all)` : '',
  ];
  return `${lines.filter(Boolean).join('\n')}\n`;
}
