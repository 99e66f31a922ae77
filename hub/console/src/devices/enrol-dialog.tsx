/** Enrols a device: who it is and where it hangs. The answer shows its secret once. */
import { Form, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { type Enrolment, useEnrol, useGateways } from '../api/devices.ts';
import { useCommunities } from '../api/session.ts';
import type { EnrolledDevice } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { KINDS } from '../shared/kinds.ts';
import { useProblem } from '../shared/use-problem.ts';
import { SecretDialog } from './secret-dialog.tsx';

interface Fields {
  id: string;
  kind: string;
  communityId: string;
  gatewayId?: string;
  name?: string;
  building?: string;
  unit?: string;
  floor?: number | null;
  room?: string;
  spot?: string;
}

export function EnrolDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const [form] = Form.useForm<Fields>();
  const enrol = useEnrol();
  const problem = useProblem();
  const [enrolled, setEnrolled] = useState<EnrolledDevice | null>(null);
  if (enrolled) return <SecretDialog device={enrolled} onClose={onClose} />;
  return (
    <Modal
      open
      title={t('device.enrol')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('device.enrol')}
      cancelText={t('app.cancel')}
      confirmLoading={enrol.isPending}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={(fields) =>
          enrol.mutate(enrolmentOf(fields), {
            onSuccess: (device) => setEnrolled({ ...enrolmentOf(fields), ...device } as EnrolledDevice),
            onError: problem,
          })
        }
      >
        <EnrolFields />
      </Form>
    </Modal>
  );
}

function EnrolFields() {
  const { t, label } = useI18n();
  const communities = useCommunities();
  const { data: gateways = [] } = useGateways();
  const form = Form.useFormInstance<Fields>();
  const communityId = Form.useWatch('communityId', form);
  const required = { required: true, message: t('app.required') };
  return (
    <>
      <Form.Item
        name="id"
        label={t('device.id')}
        extra={t('device.idHint')}
        rules={[required, { pattern: /^[a-z0-9-]{1,64}$/, message: t('device.idHint') }]}
      >
        <Input autoFocus maxLength={64} />
      </Form.Item>
      <Form.Item name="kind" label={t('device.kind')} rules={[required]}>
        <Select options={KINDS.map((value) => ({ value, label: label('kind', value) }))} />
      </Form.Item>
      <Form.Item name="communityId" label={t('device.community')} rules={[required]}>
        <Select options={communities.map(({ id, name }) => ({ value: id, label: name }))} />
      </Form.Item>
      <Form.Item name="gatewayId" label={t('device.gateway')} rules={[required]}>
        <Select
          options={gateways
            .filter((gateway) => communityId === undefined || gateway.communityId === communityId)
            .map(({ id }) => ({ value: id, label: id }))}
        />
      </Form.Item>
      <Form.Item name="name" label={`${t('device.name')} (${t('app.optional')})`}>
        <Input maxLength={100} />
      </Form.Item>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(4, 1fr)', gap: 8 }}>
        <Form.Item name="building" label={t('device.building')}>
          <Input maxLength={20} />
        </Form.Item>
        <Form.Item name="unit" label={t('device.unit')}>
          <Input maxLength={20} />
        </Form.Item>
        <Form.Item name="floor" label={t('device.floor')}>
          <InputNumber min={-10} max={200} style={{ width: '100%' }} />
        </Form.Item>
        <Form.Item name="room" label={t('device.room')}>
          <Input maxLength={20} />
        </Form.Item>
      </div>
      <Form.Item name="spot" label={`${t('device.spot')} (${t('app.optional')})`}>
        <Input maxLength={60} />
      </Form.Item>
    </>
  );
}

/** Empty fields are left out: the hub's schema is strict. */
function enrolmentOf(fields: Fields): Enrolment {
  const { building, unit, floor, room, spot, name, gatewayId, ...rest } = fields;
  const location: Record<string, string | number> = {};
  for (const [key, value] of Object.entries({ building, unit, floor, room, spot }))
    if (value !== undefined && value !== null && value !== '') location[key] = value;
  return { ...rest, ...(name ? { name } : {}), ...(gatewayId ? { gatewayId } : {}), location };
}
