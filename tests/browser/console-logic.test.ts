/** The console's pure parts: dictionaries, order of alarms, sound, event stream, pictures of a place. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadRuleParameters } from '../../devices/rule-parameters.ts';
import { drawPlan, drawSection } from '../../hub/console/src/alarms/detail/plan.ts';
import { arrangeAlarms, compareAlarms, NO_FILTER } from '../../hub/console/src/alarms/order.ts';
import { sounding, soundKey } from '../../hub/console/src/alarms/sounding.ts';
import type { JsonSchema } from '../../hub/console/src/api/json-schema.ts';
import type { AlarmItem } from '../../hub/console/src/api/types.ts';
import { en } from '../../hub/console/src/i18n/en.ts';
import { zh } from '../../hub/console/src/i18n/zh.ts';
import { createSseParser } from '../../hub/console/src/live/sse.ts';
import { alternativeOf, emptyOf, nameOf, shapeOf } from '../../hub/console/src/shared/schema-shape.ts';
import { FakeAlarms, fillAlarms, makeDevices } from './fake-world.ts';

const NOW = 1_764_000_000_000;

function world(): AlarmItem[] {
  const alarms = new FakeAlarms(makeDevices(NOW));
  fillAlarms(alarms, NOW);
  return alarms.all() as unknown as AlarmItem[];
}

describe('the dictionaries', () => {
  it('have the same keys, none of them empty', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const words of [zh, en]) for (const [key, word] of Object.entries(words)) expect(word, key).not.toBe('');
  });

  it('use the same parameters for a key', () => {
    const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(zh) as (keyof typeof zh)[])
      expect(parameters(en[key]), key).toEqual(parameters(zh[key]));
  });
});

describe('the order of alarms', () => {
  it('puts life safety first, then what nobody has acknowledged, then the worse, then the newer', () => {
    const board = arrangeAlarms(world(), NO_FILTER);
    const shown = board.groups.flatMap((group) => group.alarms);
    expect(shown.slice(0, 2).every((alarm) => alarm.lifeSafety)).toBe(true);
    expect(shown.map((alarm) => alarm.state).at(-1)).toBe('acked');
    expect(board.unacked).toEqual({ critical: 2, major: 1, minor: 3, notice: 1 });
  });

  it('shows the alarms of one incident together, the first-out as its head', () => {
    const incident = arrangeAlarms(world(), NO_FILTER).groups.find((group) => group.incidentId === 'in-1');
    expect(incident?.alarms.map((alarm) => alarm.firstOut)).toEqual([true, false]);
  });

  it('folds muted alarms away without losing one', () => {
    const board = arrangeAlarms(world(), NO_FILTER);
    expect(board.muted.map((alarm) => alarm.state).sort()).toEqual(['shelved', 'suppressed']);
    const shown = board.groups.reduce((sum, group) => sum + group.alarms.length, 0);
    expect(shown + board.muted.length).toBe(world().length);
  });

  it('is a strict order, so that two screens show the same', () => {
    const alarms = world();
    for (const a of alarms)
      for (const b of alarms)
        if (a.id !== b.id)
          expect(Math.sign(compareAlarms(a, b)), `${a.id} and ${b.id}`).toBe(-Math.sign(compareAlarms(b, a)));
  });

  it('finds an alarm by building-room, by English place and by device', () => {
    const found = (text: string) => arrangeAlarms(world(), { ...NO_FILTER, text }).groups.length;
    expect(found('3-502')).toBe(1);
    expect(found('bldg 3, unit 2')).toBe(1);
    expect(found('cam-jinxiu')).toBe(1);
    expect(found('no such thing')).toBe(0);
  });
});

describe('the sound', () => {
  it('is that of the worst unacknowledged alarm, and silence lasts until it comes again', () => {
    const alarms = world();
    expect(sounding(alarms, new Set())).toBe('critical');
    const silenced = new Set(alarms.filter((alarm) => alarm.severity === 'critical').map(soundKey));
    expect(sounding(alarms, silenced)).toBe('major');
    const again = alarms.map((alarm) => ({ ...alarm, activation: alarm.activation + 1 }));
    expect(sounding(again, silenced)).toBe('critical');
  });
});

describe('the event stream', () => {
  it('gives the same messages however the bytes are cut', () => {
    const text =
      'retry: 2000\nid: b-1\nevent: hello\ndata: {}\n\n: alive\n\nid: b-2\nevent: alarm\ndata: {"a":\ndata: 1}\n\n';
    const whole = createSseParser().push(text);
    const parser = createSseParser();
    const cut = [...text].flatMap((letter) => parser.push(letter));
    expect(cut).toEqual(whole);
    expect(whole.map((message) => [message.id, message.event, message.data])).toEqual([
      ['b-1', 'hello', '{}'],
      ['b-2', 'alarm', '{"a":\n1}'],
    ]);
  });
});

describe('the pictures of a place', () => {
  const devices = makeDevices(NOW);
  const target = devices.find((device) => device.id === 'smoke-jinxiu-3-2-502');
  if (!target) throw new Error('the fake world lacks 3-502');
  const alarm = { deviceId: target.id, communityId: target.communityId, location: target.location };

  it('draw the buildings of the one community, with the alarm inside its own', () => {
    const plan = drawPlan(devices, alarm);
    expect(plan?.buildings.map((block) => block.name).sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    const block = plan?.buildings.find((one) => one.name === '3');
    const { x = 0, y = 0 } = plan?.target ?? {};
    expect(block && x >= block.x && x <= block.x + block.width && y >= block.y && y <= block.y + block.height).toBe(
      true,
    );
  });

  it('cut the building open with every floor once and no floor 0', () => {
    const section = drawSection(devices, alarm);
    expect(section?.floors).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(section?.target).toEqual({ floor: 5, unit: '2', stack: '02' });
    const cellar = { ...alarm, location: { building: '3', floor: -1 } };
    expect(drawSection(devices, cellar)?.floors.slice(-2)).toEqual([1, -1]);
  });

  it('draw nothing where nothing is known', () => {
    expect(drawPlan([], alarm)).toBeUndefined();
    expect(drawSection(devices, { ...alarm, location: { spot: '北门' } })).toBeUndefined();
  });
});

describe('fields made of a schema', () => {
  const schemaOf = async (id: string) => {
    const type = (await loadRuleParameters()).get(id);
    if (!type) throw new Error(`no rule type ${id}`);
    return z.toJSONSchema(type.schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  };

  it('offer the alternatives of a nested condition as one choice, and know which one a value is', async () => {
    const root = await schemaOf('boolean');
    const shape = shapeOf(root.properties?.when ?? {}, root);
    if (shape.type !== 'either') throw new Error(`a choice was expected, not ${shape.type}`);
    const names = shape.alternatives.map((one) => nameOf(one, shape.alternatives));
    expect(names).toEqual(['all', 'any', 'not', 'field', 'event', 'liveness']);
    const nameOfValue = (value: unknown) => names[alternativeOf(value, shape.alternatives)];
    expect(nameOfValue({ any: [{ field: 'a', above: 1 }] })).toBe('any');
    expect(nameOfValue({ field: 'a', above: 1, kind: 'smart-bin' })).toBe('field');
    expect(nameOfValue({ liveness: 'unavailable' })).toBe('liveness');
    expect(nameOfValue({ liveness: 'online' })).toBeUndefined();
  });

  it('begin a new value with the least that it holds, without end in what holds its like', async () => {
    const voting = await schemaOf('voting');
    expect(emptyOf(voting.properties?.votes ?? {}, voting)).toEqual([{ field: '' }]);
    const boolean = await schemaOf('boolean');
    const shape = shapeOf(boolean.properties?.when ?? {}, boolean);
    const [all] = shape.type === 'either' ? shape.alternatives : [];
    expect(emptyOf(all ?? {}, boolean)).toEqual({ all: [{ field: '' }] });
  });
});
