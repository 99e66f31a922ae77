/** Which alarms mute which: the defaults and the community's own, on or off, add, change, back. */
import { EditOutlined, PlusOutlined, UndoOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Form, Input, Select, Skeleton, Switch } from 'antd';
import { useState } from 'react';
import { type Inhibition, SHARED } from '../../../../core/inhibition.ts';
import { SEVERITIES } from '../../../../core/rule.ts';
import { type InhibitionItem, useInhibitions, useInhibitionWord } from '../api/rules.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { FormDialog } from '../shared/form-dialog.tsx';
import { KINDS } from '../shared/kinds.ts';
import { useRuleTitle, useRuleTitles } from '../shared/rule-titles.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';

export function Inhibitions({ communityId }: { communityId: string }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: items = [], error, isLoading } = useInhibitions(communityId);
  const [editing, setEditing] = useState<Inhibition | 'new' | null>(null);
  const may = useMay();
  return (
    <>
      <div className="form-line">
        <span className="muted">{t('inhibition.lead')}</span>
        <span className="grow" />
        {may.tuneRules && (
          <Button icon={<PlusOutlined />} onClick={() => setEditing('new')}>
            {t('inhibition.add')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && items.length === 0 && <Empty description={t('inhibition.none')} />}
      <ul className="manage-list">
        {items.map((item) => (
          <InhibitionRow
            key={item.inhibition.id}
            communityId={communityId}
            item={item}
            onEdit={() => setEditing(item.inhibition)}
          />
        ))}
      </ul>
      {editing && (
        <InhibitionDialog
          communityId={communityId}
          inhibition={editing === 'new' ? undefined : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

function InhibitionRow(props: { communityId: string; item: InhibitionItem; onEdit(): void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { communityId, item } = props;
  const { inhibition, from, enabled } = item;
  const ruleTitle = useRuleTitle();
  const word = useInhibitionWord();
  const problem = useProblem();
  const may = useMay();
  return (
    <li className={`panel manage-row${enabled ? '' : ' is-off'}`}>
      <div className="manage-main">
        <div className="manage-title">
          {t('inhibition.says', {
            when: selectorTitle(inhibition.when, i18n, ruleTitle),
            mutes: selectorTitle(inhibition.mutes, i18n, ruleTitle),
            same: t(`inhibition.same.${inhibition.same}`),
          })}
        </div>
        <div className="muted">{inhibition.reason}</div>
        <div className="inheritance">
          <span className={from === 'default' ? 'chip' : 'chip chip-brand'}>{t(`rules.from.${from}`)}</span>
          <span className="muted num">{inhibition.id}</span>
          {item.changedBy && <span className="muted">{t('window.by', { name: item.changedBy })}</span>}
        </div>
      </div>
      {may.tuneRules && (
        <div className="manage-actions">
          <Switch
            checked={enabled}
            loading={word.isPending}
            aria-label={`${inhibition.id}: ${enabled ? t('rules.switchOff') : t('rules.switchOn')}`}
            onChange={(next) => word.mutate({ communityId, inhibition, enabled: next }, { onError: problem })}
          />
          <Button icon={<EditOutlined />} onClick={props.onEdit}>
            {t('rules.edit')}
          </Button>
          {from === 'community' && (
            <Button
              icon={<UndoOutlined />}
              onClick={() => word.mutate({ communityId, reset: inhibition.id }, { onError: problem })}
            >
              {t('rules.reset')}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

function selectorTitle(
  selector: Inhibition['when'],
  { t, label, list }: I18n,
  ruleTitle: (id: string, kinds?: readonly string[]) => string,
): string {
  const parts = [
    ...(selector.severities ?? []).map((severity) => t(`severity.${severity}`)),
    ...(selector.kinds ?? []).map((kind) => label('kind', kind)),
    ...(selector.rules ?? []).map((name) => ruleTitle(name, selector.kinds)),
  ];
  return list(parts) || t('app.all');
}

function InhibitionDialog(props: { communityId: string; inhibition: Inhibition | undefined; onClose(): void }) {
  const { t } = useI18n();
  const { communityId, inhibition, onClose } = props;
  const word = useInhibitionWord();
  const required = { required: true, message: t('app.required') };
  const send = (fields: Inhibition) => {
    const said = {
      ...fields,
      id: inhibition?.id ?? fields.id,
      when: withoutEmpty(fields.when),
      mutes: withoutEmpty(fields.mutes),
    };
    return word.mutateAsync({ communityId, inhibition: said, enabled: true });
  };
  return (
    <FormDialog<Inhibition>
      width={640}
      title={inhibition ? `${t('rules.edit')}: ${inhibition.id}` : t('inhibition.add')}
      okText={t('app.save')}
      initialValues={inhibition ?? { same: 'building' }}
      below="/inhibition"
      send={send}
      onClose={onClose}
    >
      {!inhibition && (
        <Form.Item
          name="id"
          label={t('rules.id')}
          extra={t('device.idHint')}
          rules={[required, { pattern: /^[a-z0-9-]{1,64}$/, message: t('device.idHint') }]}
        >
          <Input autoFocus maxLength={64} />
        </Form.Item>
      )}
      <SelectorFields name="when" title={t('inhibition.when')} />
      <SelectorFields name="mutes" title={t('inhibition.mutes')} />
      <Form.Item name="same" label={t('inhibition.same')} rules={[required]}>
        <Select options={SHARED.map((value) => ({ value, label: t(`inhibition.same.${value}`) }))} />
      </Form.Item>
      <Form.Item name="reason" label={t('window.reason')} rules={[required]}>
        <Input maxLength={500} />
      </Form.Item>
      <p className="muted">{t('inhibition.lifeSafety')}</p>
    </FormDialog>
  );
}

function SelectorFields({ name, title: legend }: { name: 'when' | 'mutes'; title: string }) {
  const { t, label } = useI18n();
  const rules = useRuleTitles();
  return (
    <fieldset className="form-group">
      <legend>{legend}</legend>
      <div className="form-grid">
        <Form.Item name={[name, 'rules']} label={t('rules.tab.rules')}>
          <Select
            mode="tags"
            options={[...rules].map(([value, title]) => ({ value, label: `${title} (${value})` }))}
            optionFilterProp="label"
          />
        </Form.Item>
        <Form.Item name={[name, 'kinds']} label={t('device.kind')}>
          <Select mode="multiple" options={KINDS.map((value) => ({ value, label: label('kind', value) }))} />
        </Form.Item>
        <Form.Item name={[name, 'severities']} label={t('rules.severity')}>
          <Select mode="multiple" options={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))} />
        </Form.Item>
      </div>
    </fieldset>
  );
}

function withoutEmpty(selector: Inhibition['when'] | undefined): Inhibition['when'] {
  return Object.fromEntries(Object.entries(selector ?? {}).filter(([, names]) => names && names.length > 0));
}
