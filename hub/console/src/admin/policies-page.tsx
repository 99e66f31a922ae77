/** What the street decides: who is told of an alarm and when it goes up, what becomes a work order, what is promised. */
import { EditOutlined, UndoOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Modal, Popconfirm, Segmented, Skeleton, Tabs } from 'antd';
import { type ReactNode, useState } from 'react';
import { ApiError } from '../api/client.ts';
import type { JsonSchema } from '../api/json-schema.ts';
import { type PolicyId, useChannels, usePolicy, usePolicyWord } from '../api/notify.ts';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CATEGORIES } from '../shared/categories.ts';
import { KINDS } from '../shared/kinds.ts';
import { type Offers, SchemaEditor } from '../shared/schema-editor.tsx';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';
import { EscalationChains, type EscalationValue, TicketEntries, type TicketsValue } from './policy-views.tsx';

export function Component() {
  const { t } = useI18n();
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('policy.title')}</h1>
        <span className="muted">{t('policy.lead')}</span>
      </div>
      <Tabs
        items={[
          {
            key: 'escalation',
            label: t('policy.escalation'),
            children: <Policy<EscalationValue> id="escalation">{(value) => <EscalationChains value={value} />}</Policy>,
          },
          {
            key: 'tickets',
            label: t('policy.tickets'),
            children: <Policy<TicketsValue> id="tickets">{(value) => <TicketEntries value={value} />}</Policy>,
          },
          {
            key: 'sla',
            label: t('policy.sla'),
            children: (
              <Policy<unknown> id="sla">
                {(value) => <pre className="panel policy-json">{JSON.stringify(value, null, 2)}</pre>}
              </Policy>
            ),
          },
        ]}
      />
      <p className="muted">{t('policy.shelving')}</p>
    </div>
  );
}

function Policy<T>({ id, children }: { id: PolicyId; children(value: T): ReactNode }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: policy, error, isLoading } = usePolicy<T>(id);
  const [editing, setEditing] = useState(false);
  const word = usePolicyWord();
  const problem = useProblem();
  const may = useMay();
  if (isLoading) return <Skeleton active />;
  // What is on the screen, and what is being written, outlives a later read that fails.
  if (!policy) return <Alert type="error" title={problemText(error, i18n)} />;
  return (
    <>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {may.decidePolicies && (
        <div className="form-line">
          <span className="grow" />
          <Button icon={<EditOutlined />} onClick={() => setEditing(true)}>
            {t('policy.edit')}
          </Button>
          <Popconfirm
            title={t('policy.resetSure')}
            okText={t('policy.reset')}
            cancelText={t('app.cancel')}
            onConfirm={() => word.mutate({ id, reset: true }, { onError: problem })}
          >
            <Button icon={<UndoOutlined />}>{t('policy.reset')}</Button>
          </Popconfirm>
        </div>
      )}
      {children(policy.value)}
      {editing && <PolicyDialog id={id} {...policy} onClose={() => setEditing(false)} />}
    </>
  );
}

/** In fields or as text; each fault the hub finds is listed with its place. */
function PolicyDialog(props: { id: PolicyId; value: unknown; schema: JsonSchema; onClose(): void }) {
  const { id, schema, onClose } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const [value, setValue] = useState(props.value);
  /** The policy as text while it is written as such. */
  const [text, setText] = useState<string>();
  const [faults, setFaults] = useState<string[]>([]);
  const word = usePolicyWord();
  const offers = usePolicyOffers(value);
  const said = () => (text === undefined ? value : JSON.parse(text));
  const attempt = (run: () => void) => {
    setFaults([]);
    try {
      run();
    } catch (error) {
      setFaults([`${t('rules.notJson')}: ${error instanceof Error ? error.message : ''}`]);
    }
  };
  const submit = () =>
    word.mutate(
      { id, value: said() },
      {
        onSuccess: onClose,
        onError: (error) => {
          const details = error instanceof ApiError && Array.isArray(error.details) ? error.details : [];
          const lines = (details as { path: string; message: string }[]).map(
            ({ path, message }) => `${path}: ${message}`,
          );
          setFaults(lines.length > 0 ? lines : [problemText(error, i18n)]);
        },
      },
    );
  const exchange = (as: string) => {
    if (as === 'text') return setText(JSON.stringify(value, null, 2));
    setValue(said());
    setText(undefined);
  };
  return (
    <Modal
      open
      width={820}
      title={`${t('policy.edit')}: ${t(`policy.${id}`)}`}
      onCancel={onClose}
      onOk={() => attempt(submit)}
      okText={t('app.save')}
      cancelText={t('app.cancel')}
      confirmLoading={word.isPending}
    >
      <Segmented
        value={text === undefined ? 'fields' : 'text'}
        options={[
          { value: 'fields', label: t('policy.asFields') },
          { value: 'text', label: 'JSON' },
        ]}
        onChange={(as) => attempt(() => exchange(as))}
        style={{ marginBottom: 12 }}
      />
      {faults.map((fault) => (
        <Alert key={fault} type="error" showIcon title={fault} style={{ marginBottom: 8 }} />
      ))}
      {text === undefined ? (
        <SchemaEditor name={id} schema={schema} root={schema} offers={offers} value={value} onChange={setValue} />
      ) : (
        <Input.TextArea
          value={text}
          onChange={(event) => setText(event.target.value)}
          // Of one height: a text that grows or shrinks would move the buttons from under the hand.
          rows={20}
          className="num"
          spellCheck={false}
          aria-label={t('policy.json')}
        />
      )}
    </Modal>
  );
}

/** Communities, kinds, categories of work, and the calendars that the policy itself has. */
function usePolicyOffers(value: unknown): Offers {
  const { label } = useI18n();
  const communities = useCommunities();
  const { data: channels = [] } = useChannels();
  const calendars = Object.keys((value as { calendars?: object } | undefined)?.calendars ?? {});
  return (name) => {
    if (name === 'communityIds') return communities.map(({ id, name }) => ({ value: id, label: name }));
    if (name === 'kinds') return KINDS.map((kind) => ({ value: kind, label: label('kind', kind) }));
    if (name === 'category' || name === 'categories')
      return [...new Set([...CATEGORIES, ...categoriesOf(value)])].map((category) => ({
        value: category,
        label: label('category', category),
      }));
    if (name === 'calendar') return calendars.map((calendar) => ({ value: calendar, label: calendar }));
    return name === 'channelId' ? channels.map(({ id, name }) => ({ value: id, label: name })) : [];
  };
}

/** Those that the policy names: the street's own are among them. */
function categoriesOf(value: unknown): string[] {
  const { entries = [], targets = [] } = value as Partial<TicketsValue & { targets: { categories?: string[] }[] }>;
  return [
    ...entries.flatMap(({ ticket }) => ticket?.category ?? []),
    ...targets.flatMap((one) => one.categories ?? []),
  ];
}
