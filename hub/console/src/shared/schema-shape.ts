/** What a JSON Schema asks for, as far as a form needs to know. Pure: no component in here. */
import type { JsonSchema } from '../api/json-schema.ts';

export type Shape =
  | { type: 'number' | 'boolean' | 'text' | 'plain' | 'json' }
  | { type: 'choice'; options: string[] }
  /** Several plain values; `options` when they are known. `single` may stand for a list of one. */
  | { type: 'names'; options?: string[]; single: boolean }
  | { type: 'object'; properties: Record<string, JsonSchema>; required: string[] }
  | { type: 'record'; items: JsonSchema }
  | { type: 'list'; items: JsonSchema; fewest: number }
  | { type: 'either'; alternatives: JsonSchema[]; mayBeNone: boolean };

/** `root` holds the definitions that references point to. */
export function shapeOf(given: JsonSchema, root: JsonSchema): Shape {
  const schema = resolved(given, root);
  const alternatives = alternativesOf(schema, root);
  if (alternatives) return shapeOfUnion(alternatives, root);
  if (schema.enum) return { type: 'choice', options: schema.enum.map(String) };
  if (schema.type === 'number' || schema.type === 'integer') return { type: 'number' };
  if (schema.type === 'boolean') return { type: 'boolean' };
  if (schema.type === 'string') return { type: 'text' };
  if (schema.type === 'array' && schema.items) return shapeOfList(schema, schema.items, root);
  if (schema.properties) return { type: 'object', properties: schema.properties, required: schema.required ?? [] };
  if (typeof schema.additionalProperties === 'object') return { type: 'record', items: schema.additionalProperties };
  return { type: 'json' };
}

function shapeOfList(schema: JsonSchema, items: JsonSchema, root: JsonSchema): Shape {
  const inner = shapeOf(items, root);
  if (inner.type === 'choice') return { type: 'names', options: inner.options, single: false };
  if (isPlain(inner)) return { type: 'names', single: false };
  return { type: 'list', items, fewest: schema.minItems ?? 0 };
}

function shapeOfUnion(all: JsonSchema[], root: JsonSchema): Shape {
  const alternatives = all.filter(({ type }) => type !== 'null');
  const shapes = alternatives.map((one) => shapeOf(one, root));
  if (shapes.every(isPlain)) return { type: shapes.every(({ type }) => type === 'text') ? 'text' : 'plain' };
  // One value or several of them.
  if (shapes.every((shape) => isPlain(shape) || shape.type === 'names')) return { type: 'names', single: true };
  return { type: 'either', alternatives, mayBeNone: alternatives.length < all.length };
}

function isPlain({ type }: Shape): boolean {
  return type === 'number' || type === 'boolean' || type === 'text' || type === 'plain';
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  return root.$defs?.[name] ?? {};
}

/** Unions within unions are one choice to people. */
function alternativesOf(schema: JsonSchema, root: JsonSchema): JsonSchema[] | undefined {
  const all = schema.anyOf ?? schema.oneOf;
  return all?.flatMap((one) => {
    const inner = resolved(one, root);
    return alternativesOf(inner, root) ?? [inner];
  });
}

/** The alternative that a value is of: it has what is asked for and nothing that is unknown. */
export function alternativeOf(value: unknown, alternatives: readonly JsonSchema[]): number {
  if (typeof value !== 'object' || value === null) return -1;
  return alternatives.findIndex(
    ({ properties = {}, required = [] }) =>
      required.every((name) => name in value) &&
      Object.entries(value).every(([name, part]) => name in properties && (properties[name]?.const ?? part) === part),
  );
}

/** What tells an alternative from the others: its constant, or the first thing that only it asks for. */
export function nameOf({ properties = {}, required = [] }: JsonSchema, others: readonly JsonSchema[]): string {
  const constant = required.map((name) => properties[name]?.const).find((value) => value !== undefined);
  if (constant !== undefined && others.length > 1 && required.includes('type')) return String(constant);
  return required.find((name) => !others.every((other) => other.required?.includes(name))) ?? required[0] ?? '';
}

/** The least that a new value of this schema holds. */
export function emptyOf(given: JsonSchema, root: JsonSchema): unknown {
  const schema = resolved(given, root);
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  const shape = shapeOf(schema, root);
  switch (shape.type) {
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    case 'choice':
      return shape.options[0];
    case 'object':
      return Object.fromEntries(shape.required.map((name) => [name, emptyOf(shape.properties[name] ?? {}, root)]));
    case 'record':
      return {};
    case 'list':
      return Array.from({ length: shape.fewest }, () => emptyOf(shape.items, root));
    case 'names':
      return shape.single ? '' : [];
    case 'either': {
      // One that does not hold its like, or it would have no end.
      const plain = shape.alternatives.find((one) => !JSON.stringify(one).includes('$ref'));
      return plain ? emptyOf(plain, root) : {};
    }
    default:
      return '';
  }
}
