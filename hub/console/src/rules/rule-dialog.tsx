/** Changes a rule for a kind or one device, or adds one. The hub's word on each field stands beside it. */
import { Alert, Form, Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { type RuleSpec, SEVERITIES, type Severity } from '../../../../core/rule.ts';
import { useKinds } from '../api/manage.ts';
import { type RuleTarget, type RuleTypeItem, useRuleTypes, useSaveRule } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { markFaults } from '../shared/faults.ts';
import { problemText } from '../shared/use-problem.ts';
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
  const i18n = useI18n();
  const { t, text } = i18n;
  const [form] = Form.useForm<Fields>();
  const [typeId, setTypeId] = useState(rule?.type ?? 'threshold');
  const [fault, setFault] = useState<string>();
  const type = types.find(({ id }) => id === typeId);
  const { data: kinds = [] } = useKinds();
  const save = useSaveRule();
  const { communityId, kind, deviceId } = target;
  const submit = (fields: Fields) => {
    if (!type) return;
    setFault(undefined);
    const scope = deviceId ? ({ scope: 'device', id: deviceId } as const) : ({ scope: 'kind', id: kind } as const);
    save.mutate(
      { communityId, ...scope, rule: ruleOf(fields, type, rule) },
      {
        onSuccess: onClose,
        onError(error) {
          const left = markFaults(form, error, '/rule');
          if (left.length > 0 || !('details' in error && error.details)) setFault(problemText(error, i18n));
        },
      },
    );
  };
  return (
    <Modal
      open
      width={720}
      title={rule ? `${t('rules.edit')}: ${text(rule.title)}` : t('rules.add')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('app.save')}
      cancelText={t('app.cancel')}
      confirmLoading={save.isPending}
    >
      <p className="muted">{deviceId ? t('rules.forDevice', { id: deviceId }) : t('rules.forKind')}</p>
      {fault && <Alert type="error" showIcon title={fault} style={{ marginBottom: 12 }} />}
      <Form
        form={form}
        layout="vertical"
        onFinish={submit}
        initialValues={initialOf(rule, typeId, type)}
        scrollToFirstError
      >
        {!rule && <NewRuleFields types={types} taken={taken} onType={setTypeId} />}
        {type && <p className="muted">{text(type.summary)}</p>}
        {type && <ParameterFieldset key={type.id} type={type} kind={kinds.find(({ id }) => id === kind)} />}
        <WordFields />
      </Form>
    </Modal>
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
