/**
 * Form fields of a rule's parameters, made of the JSON Schema that the hub checks them by: numbers,
 * spans in seconds, choices, names, and what has parts of its own (votes, conditions, ranges).
 */
import { Form, Input, InputNumber, Select, Switch } from 'antd';
import type { JsonSchema } from '../api/json-schema.ts';
import { type KindItem, useKinds } from '../api/manage.ts';
import type { RuleTypeItem } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { type Offers, SchemaEditor } from '../shared/schema-editor.tsx';
import { choiceTitle, isSpan } from './words.ts';

/** What the fields hold: spans in seconds, all else as the rule has it. */
export type ParameterFields = Record<string, unknown>;

type Shape = 'number' | 'span' | 'choice' | 'boolean' | 'text' | 'names' | 'parts';

function shapeOf(name: string, schema: JsonSchema): Shape {
  if (isSpan(name)) return 'span';
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  if (schema.type === 'boolean') return 'boolean';
  if (schema.enum) return 'choice';
  if (schema.type === 'string') return 'text';
  // One name or several.
  if (schema.anyOf?.[0]?.type === 'string' && schema.anyOf[1]?.type === 'array') return 'names';
  return 'parts';
}

/** `kind`: of the devices that the rule is for; its fields and events are offered. */
export function ParameterFieldset({ type, kind }: { type: RuleTypeItem; kind: KindItem | undefined }) {
  const { t, label, text } = useI18n();
  const { data: kinds = [] } = useKinds();
  const titled = (items: KindItem['fields'] = {}) =>
    Object.entries(items).map(([value, item]) => ({ value, label: `${text(item.title)} (${value})` }));
  const fields = titled(kind?.fields);
  const events = titled(kind?.events);
  const { properties = {}, required = [] } = type.schema;
  // A member of a vote or a condition may be of another kind.
  const offers: Offers = (name, owner) => {
    if (name === 'kind') return kinds.map(({ id }) => ({ value: id, label: label('kind', id) }));
    const other = kinds.find(({ id }) => id === owner.kind) ?? kind;
    if (name === 'field') return titled(other?.fields);
    return name === 'event' || name === 'clearEvent' ? titled(other?.events) : [];
  };
  return (
    <div className="form-grid">
      {Object.entries(properties).map(([name, schema]) => {
        const shape = shapeOf(name, schema);
        return (
          <Form.Item
            key={name}
            name={['with', name]}
            label={`${label('parameter', name)}${shape === 'span' ? ` (${t('span.unit')})` : ''}`}
            className={shape === 'parts' ? 'form-wide' : ''}
            {...(shape === 'boolean' ? { valuePropName: 'checked' } : {})}
            rules={required.includes(name) ? [{ required: true, message: t('app.required') }] : []}
          >
            {shape === 'parts' ? (
              <SchemaEditor name={name} schema={schema} root={type.schema} offers={offers} />
            ) : (
              <ParameterInput
                name={name}
                shape={shape}
                schema={schema}
                offers={name === 'field' ? fields : shape === 'names' ? events : []}
              />
            )}
          </Form.Item>
        );
      })}
    </div>
  );
}

interface InputProps {
  name: string;
  shape: Exclude<Shape, 'parts'>;
  schema: JsonSchema;
  /** What the kind has to choose from. */
  offers: { value: string; label: string }[];
}

/** Gets `value` and `onChange` from the form item around it. */
function ParameterInput({ name, shape, schema, offers, ...field }: InputProps) {
  const i18n = useI18n();
  switch (shape) {
    case 'number':
    case 'span':
      return <InputNumber {...field} style={{ width: '100%' }} {...(shape === 'span' ? { min: 0 } : {})} />;
    case 'choice':
      return (
        <Select
          {...field}
          allowClear
          options={schema.enum?.map((value) => ({ value, label: choiceTitle(name, String(value), i18n) })) ?? []}
        />
      );
    case 'boolean':
      return <Switch {...field} />;
    case 'text':
      return offers.length > 0 ? (
        <Select {...field} showSearch options={offers} />
      ) : (
        <Input {...field} maxLength={64} />
      );
    case 'names':
      return <Select {...field} mode="tags" options={offers} />;
  }
}

export function fieldsOf(type: RuleTypeItem, parameters: Record<string, unknown>): ParameterFields {
  const fields: ParameterFields = {};
  for (const [name, schema] of Object.entries(type.schema.properties ?? {})) {
    const value = parameters[name] ?? schema.default;
    if (value === undefined || value === null) continue;
    const shape = shapeOf(name, schema);
    if (shape === 'span') fields[name] = Number(value) / 1_000;
    else if (shape === 'names') fields[name] = Array.isArray(value) ? (value as string[]) : [String(value)];
    else fields[name] = value;
  }
  return fields;
}

/** Empty fields and those that say the default are left out. What no field stands for stays as it was. */
export function parametersOf(
  type: RuleTypeItem,
  fields: ParameterFields,
  before: Record<string, unknown>,
): Record<string, unknown> {
  const { properties = {} } = type.schema;
  const parameters = Object.fromEntries(Object.entries(before).filter(([name]) => !(name in properties)));
  for (const [name, schema] of Object.entries(properties)) {
    const value = fields[name];
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    const shape = shapeOf(name, schema);
    const said = saidOf(shape, value);
    if (said !== schema.default || name in before) parameters[name] = said;
  }
  return parameters;
}

function saidOf(shape: Shape, value: unknown): unknown {
  if (shape === 'span') return Math.round(Number(value) * 1_000);
  if (shape === 'names') return Array.isArray(value) && value.length === 1 ? value[0] : value;
  return value;
}
