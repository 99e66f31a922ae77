/** Changes a rule for a kind or one device, or adds one. The hub's word on each field stands beside it. */
import { Form, Input, Select, Switch } from 'antd';
import { useState } from 'react';
import { type RuleSpec, SEVERITIES, type Severity } from '../../../../core/rule.ts';
import { useKinds } from '../api/manage.ts';
import { type RuleTarget, type RuleTypeItem, useRuleTypes, useSaveRule } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FormDialog } from '../shared/form-dialog.tsx';
import { fieldsOf, type ParameterFields, ParameterFieldset, parametersOf } from './parameter-fields.tsx';

interface Fields {
  id: string;
  type: string;
  severity: Severity;
  zh: string;
  en: string;
  responseZh?: string;
  responseEn?: string;
  lifeSafety: boolean;
  latch: boolean;
  with: ParameterFields;
}

interface Props {
  target: RuleTarget;
  /** Absent: a new one. */
  rule: RuleSpec | undefined;
  /** Ids that a new rule may not have. */
  taken: readonly string[];
  onClose(): void;
}

export function RuleDialog(props: Props) {
  const { data: types } = useRuleTypes();
  return types ? <Editor {...props} types={types} /> : null;
}

function Editor({ target, rule, taken, types, onClose }: Props & { types: RuleTypeItem[] }) {
  const { t, text } = useI18n();
  const [typeId, setTypeId] = useState(rule?.type ?? 'threshold');
  const type = types.find(({ id }) => id === typeId);
  const { data: kinds = [] } = useKinds();
  const save = useSaveRule();
  const { communityId, kind, deviceId } = target;
  const scope = deviceId ? ({ scope: 'device', id: deviceId } as const) : ({ scope: 'kind', id: kind } as const);
  const send = async (fields: Fields) =>
    type && save.mutateAsync({ communityId, ...scope, rule: ruleOf(fields, type, rule) });
  return (
    <FormDialog<Fields>
      width={720}
      title={rule ? `${t('rules.edit')}: ${text(rule.title)}` : t('rules.add')}
      okText={t('app.save')}
      initialValues={initialOf(rule, typeId, type)}
      below="/rule"
      send={send}
      onClose={onClose}
    >
      <p className="muted">{deviceId ? t('rules.forDevice', { id: deviceId }) : t('rules.forKind')}</p>
      {!rule && <NewRuleFields types={types} taken={taken} onType={setTypeId} />}
      {type && <p className="muted">{text(type.summary)}</p>}
      {type && <ParameterFieldset key={type.id} type={type} kind={kinds.find(({ id }) => id === kind)} />}
      <WordFields />
    </FormDialog>
  );
}

function NewRuleFields(props: { types: RuleTypeItem[]; taken: readonly string[]; onType(id: string): void }) {
  const { t, text } = useI18n();
  const form = Form.useFormInstance<Fields>();
  return (
    <div className="form-grid">
      <Form.Item
        name="id"
        label={t('rules.id')}
        extra={t('device.idHint')}
        rules={[
          { required: true, message: t('app.required') },
          { pattern: /^[a-z0-9-]{1,64}$/, message: t('device.idHint') },
          {
            validator: async (_, id) => {
              if (props.taken.includes(id)) throw new Error(t('rules.taken'));
            },
          },
        ]}
      >
        <Input autoFocus maxLength={64} />
      </Form.Item>
      <Form.Item name="type" label={t('rules.type')}>
        <Select
          options={props.types.map((type) => ({ value: type.id, label: text(type.title) }))}
          onChange={(id: string) => {
            props.onType(id);
            const type = props.types.find((one) => one.id === id);
            form.setFieldValue('with', type ? fieldsOf(type, {}) : {});
          }}
        />
      </Form.Item>
    </div>
  );
}

function WordFields() {
  const { t } = useI18n();
  const required = { required: true, message: t('app.required') };
  return (
    <div className="form-grid">
      <Form.Item name="severity" label={t('rules.severity')} rules={[required]}>
        <Select options={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))} />
      </Form.Item>
      <div className="form-line">
        <Form.Item name="lifeSafety" label={t('rules.lifeSafety')} valuePropName="checked">
          <Switch />
        </Form.Item>
        <Form.Item name="latch" label={t('rules.latch')} tooltip={t('rules.latchHint')} valuePropName="checked">
          <Switch />
        </Form.Item>
      </div>
      <Form.Item name="zh" label={t('rules.titleZh')} rules={[required]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="en" label={t('rules.titleEn')} rules={[required]}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="responseZh" label={t('rules.responseZh')} tooltip={t('rules.responseHint')}>
        <Input.TextArea autoSize maxLength={500} />
      </Form.Item>
      <Form.Item name="responseEn" label={t('rules.responseEn')}>
        <Input.TextArea autoSize maxLength={500} />
      </Form.Item>
    </div>
  );
}

function initialOf(rule: RuleSpec | undefined, typeId: string, type: RuleTypeItem | undefined): Partial<Fields> {
  return {
    id: rule?.id ?? '',
    type: typeId,
    severity: rule?.severity ?? 'minor',
    zh: rule?.title.zh ?? '',
    en: rule?.title.en ?? '',
    responseZh: rule?.response?.zh ?? '',
    responseEn: rule?.response?.en ?? '',
    lifeSafety: rule?.lifeSafety ?? false,
    latch: rule?.latch ?? false,
    with: type ? fieldsOf(type, rule?.with ?? {}) : {},
  };
}

function ruleOf(fields: Fields, type: RuleTypeItem, before: RuleSpec | undefined): RuleSpec {
  const { zh, en, responseZh, responseEn, severity, lifeSafety, latch } = fields;
  return {
    id: before?.id ?? fields.id,
    type: type.id,
    severity,
    title: { zh, en },
    ...(responseZh ? { response: { zh: responseZh, en: responseEn || responseZh } } : {}),
    ...(lifeSafety ? { lifeSafety } : {}),
    ...(latch ? { latch } : {}),
    ...(before?.enabled === undefined ? {} : { enabled: before.enabled }),
    with: parametersOf(type, fields.with ?? {}, before?.with ?? {}),
  };
}
