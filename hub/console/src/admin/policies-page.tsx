/** What the street decides: who is told of an alarm and when it goes up, what becomes a work order, what is promised. */
import { EditOutlined, UndoOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Modal, Popconfirm, Skeleton, Tabs } from 'antd';
import { type ReactNode, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { type PolicyId, usePolicy, usePolicyWord } from '../api/notify.ts';
import { useI18n } from '../i18n/i18n.tsx';
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
  const { data: value, error, isLoading } = usePolicy<T>(id);
  const [editing, setEditing] = useState(false);
  const word = usePolicyWord();
  const problem = useProblem();
  const may = useMay();
  if (isLoading) return <Skeleton active />;
  if (error) return <Alert type="error" title={problemText(error, i18n)} />;
  return (
    <>
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
      {value !== undefined && children(value)}
      {editing && <PolicyDialog id={id} value={value} onClose={() => setEditing(false)} />}
    </>
  );
}

/** The whole policy as text; each fault the hub finds is listed with its place. */
function PolicyDialog({ id, value, onClose }: { id: PolicyId; value: unknown; onClose(): void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [faults, setFaults] = useState<string[]>([]);
  const word = usePolicyWord();
  const submit = () => {
    let said: unknown;
    try {
      said = JSON.parse(text);
    } catch (error) {
      setFaults([`${t('rules.notJson')}: ${error instanceof Error ? error.message : ''}`]);
      return;
    }
    word.mutate(
      { id, value: said },
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
  };
  return (
    <Modal
      open
      width={820}
      title={`${t('policy.edit')}: ${t(`policy.${id}`)}`}
      onCancel={onClose}
      onOk={submit}
      okText={t('app.save')}
      cancelText={t('app.cancel')}
      confirmLoading={word.isPending}
    >
      <p className="muted">{t('policy.json')}</p>
      {faults.map((fault) => (
        <Alert key={fault} type="error" showIcon title={fault} style={{ marginBottom: 8 }} />
      ))}
      <Input.TextArea
        value={text}
        onChange={(event) => setText(event.target.value)}
        autoSize={{ minRows: 12, maxRows: 24 }}
        className="num"
        spellCheck={false}
        aria-label={t('policy.json')}
      />
    </Modal>
  );
}
