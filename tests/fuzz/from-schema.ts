/** Values that fit a JSON schema, drawn at random: what the mutants of the fuzz are made from. */
import type { Random } from '../../simulators/random.ts';

export interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
  format?: string;
}

const ITEMS_MAX = 3;
const CHARACTERS_MAX = 40;
const NUMBER_MAX = 1e15;
const ID = 'abcdefghijklmnopqrstuvwxyz0123456789-';

export function drawValue(schema: JsonSchema, random: Random): unknown {
  if ('const' in schema) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return drawValue(random.pick(branches), random);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => drawValue(part, random)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return drawText(schema, random);
    case 'integer':
      return Math.floor(drawNumber(schema, random));
    case 'number':
      return drawNumber(schema, random);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'array':
      return drawArray(schema, random);
    case 'object':
      return drawObject(schema, random);
    default:
      return random.pick<unknown>([0, 'text', true, null, [1, 'a'], { a: { b: 1 } }]);
  }
}

function drawText({ pattern, format, minLength = 0, maxLength = CHARACTERS_MAX }: JsonSchema, random: Random): string {
  if (format === 'uri') return 'http://127.0.0.1:9/';
  const length = Math.max(minLength, Math.min(maxLength, Math.floor(random.between(1, CHARACTERS_MAX))));
  const one = pattern
    ? () => random.pick([...ID])
    : () => String.fromCodePoint(Math.floor(random.between(32, random.pick([127, 0x3000, 0xd7ff]))));
  return Array.from({ length }, one).join('');
}

function drawNumber(schema: JsonSchema, random: Random): number {
  const low = Math.max(schema.minimum ?? schema.exclusiveMinimum ?? -NUMBER_MAX, -NUMBER_MAX);
  const high = Math.min(schema.maximum ?? schema.exclusiveMaximum ?? NUMBER_MAX, NUMBER_MAX);
  return random.pick([low, high, random.between(low, high), random.between(low, Math.min(high, low + 100))]);
}

function drawArray({ prefixItems, items = {}, minItems = 0, maxItems = ITEMS_MAX }: JsonSchema, random: Random) {
  if (prefixItems) return prefixItems.map((one) => drawValue(one, random));
  const length = Math.max(minItems, Math.min(maxItems, Math.floor(random.between(0, ITEMS_MAX + 1))));
  return Array.from({ length }, () => drawValue(items, random));
}

function drawObject({ properties = {}, required = [], ...rest }: JsonSchema, random: Random): object {
  const { additionalProperties, propertyNames = { type: 'string' } } = rest;
  const chosen = Object.entries(properties).filter(([key]) => required.includes(key) || random.chance(0.5));
  const known = chosen.map(([key, one]) => [key, drawValue(one, random)]);
  if (typeof additionalProperties !== 'object') return Object.fromEntries(known);
  const count = Math.floor(random.between(0, ITEMS_MAX + 1));
  const more = Array.from({ length: count }, () => [
    drawValue(propertyNames, random),
    drawValue(additionalProperties, random),
  ]);
  return Object.fromEntries([...more, ...known]);
}
