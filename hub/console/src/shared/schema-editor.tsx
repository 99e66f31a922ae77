/**
 * Fields for a value with parts, made of the JSON Schema that the hub checks it by: lists of members,
 * choices between alternatives, things within things. Gets `value` and `onChange` from the form item
 * around it, or from its owner.
 */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select, Switch } from 'antd';
import { type ReactNode, useState } from 'react';
import type { JsonSchema } from '../api/json-schema.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { choiceTitle, isSpan } from '../rules/words.ts';
import { alternativeOf, emptyOf, nameOf, type Shape, shapeOf } from './schema-shape.ts';

interface Option {
  value: string;
  label: string;
}

/** Known names for a field; `owner` is the object that the field belongs to. */
export type Offers = (name: string, owner: Record<string, unknown>) => Option[];

interface EditorProps {
  /** Of the field, for its label and its offers. */
  name: string;
  schema: JsonSchema;
  /** Holds the definitions that `schema` refers to. */
  root: JsonSchema;
  offers: Offers;
  owner?: Record<string, unknown>;
  value?: unknown;
  onChange?(value: unknown): void;
}

export function SchemaEditor(props: EditorProps) {
  const shape = shapeOf(props.schema, props.root);
  switch (shape.type) {
    case 'object':
      return <ObjectEditor {...props} shape={shape} />;
    case 'record':
      return <RecordEditor {...props} items={shape.items} />;
    case 'list':
      return <ListEditor {...props} shape={shape} />;
    case 'either':
      return <EitherEditor {...props} shape={shape} />;
    default:
      return <PlainEditor {...props} shape={shape} />;
  }
}

type Of<Type extends Shape['type']> = EditorProps & { shape: Extract<Shape, { type: Type }> };

function ObjectEditor({ shape, value, onChange, ...rest }: Of<'object'>) {
  const { t, label } = useI18n();
  const known = asObject(value);
  const set = (name: string, part: unknown) => {
    const { [name]: _, ...others } = known;
    onChange?.(part === undefined ? others : { ...known, [name]: part });
  };
  const names = Object.keys(shape.properties).filter((name) => shape.properties[name]?.const === undefined);
  const shown = names.filter((name) => shape.required.includes(name) || name in known);
  const hidden = names.filter((name) => !shown.includes(name));
  return (
    <div className="schema-object">
      {shown.map((name) => (
        <Labelled
          key={name}
          name={name}
          onRemove={shape.required.includes(name) ? undefined : () => set(name, undefined)}
        >
          <SchemaEditor
            {...rest}
            name={name}
            schema={shape.properties[name] ?? {}}
            owner={known}
            value={known[name]}
            onChange={(part) => set(name, part)}
          />
        </Labelled>
      ))}
      {hidden.length > 0 && (
        <Select
          size="small"
          className="schema-more"
          value={null}
          placeholder={`+ ${t('schema.more')}`}
          aria-label={t('schema.more')}
          popupMatchSelectWidth={false}
          options={hidden.map((name) => ({ value: name, label: label('parameter', name) }))}
          onChange={(name: string) => set(name, emptyOf(shape.properties[name] ?? {}, rest.root))}
        />
      )}
    </div>
  );
}

function Labelled({
  name,
  onRemove,
  children,
}: {
  name: string;
  onRemove: (() => void) | undefined;
  children: ReactNode;
}) {
  const { t, label } = useI18n();
  return (
    <div className="schema-field">
      <span className="schema-label">
        {label('parameter', name)}
        {isSpan(name) && ` (${t('span.unit')})`}
        {onRemove && (
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={`${t('schema.remove')} ${label('parameter', name)}`}
            onClick={onRemove}
          />
        )}
      </span>
      {children}
    </div>
  );
}

function ListEditor({ shape, value, onChange, ...rest }: Of<'list'>) {
  const { t, label } = useI18n();
  const members = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    <div className="schema-list">
      {members.map((member, index) => (
        // Members have no name but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: a member is what stands at its place
        <div key={index} className="schema-member">
          <SchemaEditor
            {...rest}
            schema={shape.items}
            value={member}
            onChange={(changed) => onChange?.(members.map((one, place) => (place === index ? changed : one)))}
          />
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            disabled={members.length <= shape.fewest}
            aria-label={`${t('schema.remove')} ${label('parameter', rest.name)} ${index + 1}`}
            onClick={() => onChange?.(members.filter((_, place) => place !== index))}
          />
        </div>
      ))}
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => onChange?.([...members, emptyOf(shape.items, rest.root)])}
      >
        {t('schema.add', { what: label('parameter', rest.name) })}
      </Button>
    </div>
  );
}

const NONE = '-';

function EitherEditor({ shape, value, onChange, ...rest }: Of<'either'>) {
  const { t, label } = useI18n();
  const { alternatives, mayBeNone } = shape;
  const chosen = alternativeOf(value, alternatives);
  const alternative = alternatives[chosen];
  const choose = (key: string) => {
    const next = alternatives[Number(key)];
    onChange?.(key === NONE || !next ? null : carriedOver(value, next, rest.root));
  };
  return (
    <div className="schema-either">
      <Select
        size="small"
        value={alternative ? String(chosen) : mayBeNone ? NONE : null}
        placeholder={t('schema.choose')}
        aria-label={`${label('parameter', rest.name)}: ${t('schema.choose')}`}
        popupMatchSelectWidth={false}
        options={[
          ...alternatives.map((one, index) => ({
            value: String(index),
            label: alternatives.length > 1 ? label('alternative', nameOf(one, alternatives)) : t('schema.given'),
          })),
          ...(mayBeNone ? [{ value: NONE, label: t('schema.none') }] : []),
        ]}
        onChange={choose}
      />
      {alternative && (
        <SchemaEditor {...rest} schema={alternative} value={value} onChange={(part) => onChange?.(part)} />
      )}
    </div>
  );
}

/** From "all of" to "any of" the members stay; of two readings the kind does. */
function carriedOver(value: unknown, next: JsonSchema, root: JsonSchema): unknown {
  const before = asObject(value);
  const empty = asObject(emptyOf(next, root));
  const lists = Object.values(before).filter(Array.isArray);
  return Object.fromEntries(
    Object.entries({ ...pick(before, next.properties ?? {}), ...empty }).map(([name, part]) => {
      if (name in before && next.properties?.[name]?.const === undefined) return [name, before[name]];
      return [name, Array.isArray(part) && lists.length === 1 ? lists[0] : part];
    }),
  );
}

function pick(from: Record<string, unknown>, names: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name in names));
}

/** Names that people give, each with a value: calendars, fields of an event. */
function RecordEditor({ items, value, onChange, ...rest }: EditorProps & { items: JsonSchema }) {
  const { t } = useI18n();
  const entries = Object.entries(asObject(value));
  const set = (changed: [string, unknown][]) => onChange?.(Object.fromEntries(changed));
  return (
    <div className="schema-list">
      {entries.map(([name, part], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being changed
        <div key={index} className="schema-member">
          <div className="schema-object">
            <NameInput
              name={name}
              taken={entries.map(([other]) => other).filter((other) => other !== name)}
              onRename={(next) => set(entries.map((entry, place) => (place === index ? [next, part] : entry)))}
            />
            <SchemaEditor
              {...rest}
              schema={items}
              value={part}
              onChange={(next) => set(entries.map((entry, place) => (place === index ? [name, next] : entry)))}
            />
          </div>
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={`${t('schema.remove')} ${name}`}
            onClick={() => set(entries.filter((_, place) => place !== index))}
          />
        </div>
      ))}
      <Button
        size="small"
        icon={<PlusOutlined />}
        disabled={entries.some(([name]) => name === '')}
        onClick={() => set([...entries, ['', emptyOf(items, rest.root)]])}
      >
        {t('schema.addNamed')}
      </Button>
    </div>
  );
}

/** Told when it is left: half a name may be another's. */
function NameInput({
  name,
  taken,
  onRename,
}: {
  name: string;
  taken: readonly string[];
  onRename(name: string): void;
}) {
  const { t } = useI18n();
  const [draft, setDraft] = useState(name);
  const isFree = !taken.includes(draft);
  return (
    <Input
      size="small"
      value={draft}
      maxLength={64}
      aria-label={t('schema.name')}
      {...(isFree ? {} : { status: 'error' as const, title: t('schema.nameTaken') })}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => (isFree ? onRename(draft) : setDraft(name))}
    />
  );
}

function PlainEditor({ name, shape, offers, owner = {}, value, onChange }: EditorProps & { shape: Shape }) {
  const i18n = useI18n();
  const title = i18n.label('parameter', name);
  const known = offers(name, owner);
  const field = { size: 'small', 'aria-label': title } as const;
  const worded = (options: readonly string[]) =>
    options.map((option) => ({ value: option, label: choiceTitle(name, option, i18n) }));
  switch (shape.type) {
    case 'number': {
      const scale = isSpan(name) ? 1_000 : 1;
      return (
        <InputNumber
          {...field}
          value={typeof value === 'number' ? value / scale : null}
          onChange={(next) => onChange?.(typeof next === 'number' ? Math.round(next * scale * 1e6) / 1e6 : undefined)}
        />
      );
    }
    case 'boolean':
      return <Switch {...field} size="small" checked={value === true} onChange={(on) => onChange?.(on)} />;
    case 'choice':
      return (
        <Select
          {...field}
          value={value}
          popupMatchSelectWidth={false}
          options={worded(shape.options)}
          onChange={(chosen) => onChange?.(chosen)}
        />
      );
    case 'names':
      return (
        <Select
          {...field}
          mode={shape.options ? 'multiple' : 'tags'}
          className="schema-wide"
          value={(Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]).map(String)}
          options={shape.options ? worded(shape.options) : known}
          onChange={(next: string[]) => onChange?.(shape.single && next.length === 1 ? plainOf(next[0] ?? '') : next)}
        />
      );
    case 'json':
    case 'plain':
    case 'text': {
      const set = (text: string) => onChange?.(shape.type === 'text' ? text : plainOf(text));
      // What has parts and no known shape is changed as text, with the whole.
      if (typeof value === 'object' && value !== null)
        return <Input {...field} value={JSON.stringify(value)} readOnly />;
      const shown = value === undefined || value === null ? '' : String(value);
      return known.length > 0 ? (
        <Select
          {...field}
          showSearch
          value={shown || null}
          popupMatchSelectWidth={false}
          options={known}
          onChange={set}
        />
      ) : (
        <Input {...field} value={shown} maxLength={500} onChange={(event) => set(event.target.value)} />
      );
    }
    default:
      return null;
  }
}

/** `true`, `7` and `open` as people write them. */
function plainOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && String(Number(text)) === text ? Number(text) : text;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
