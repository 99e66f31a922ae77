/** Enrols a device: who it is and where it hangs. The answer shows its secret once. */
import { Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { CAMERA_LIMITS } from '../../../../core/camera-options.ts';
import { type Enrolment, useEnrol, useGateways } from '../api/devices.ts';
import { useCommunities } from '../api/session.ts';
import type { EnrolledDevice } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { KINDS } from '../shared/kinds.ts';
import { locationOf, type Place, PlaceFields } from '../shared/place-fields.tsx';
import { useProblem } from '../shared/use-problem.ts';
import { SecretDialog } from './secret-dialog.tsx';

interface Fields extends Place {
  id: string;
  kind: string;
  communityId: string;
  gatewayId?: string;
  name?: string;
  /** Of a camera; empty: it pushes its pictures. */
  stream?: string;
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
  const kind = Form.useWatch('kind', form);
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
      {kind === 'high-throw-camera' && (
        <Form.Item name="stream" label={`${t('source.stream')} (${t('app.optional')})`} extra={t('source.streamHint')}>
          <Input maxLength={CAMERA_LIMITS.streamCharacters} placeholder="rtsp://" />
        </Form.Item>
      )}
      <PlaceFields />
    </>
  );
}

/** Empty fields are left out: the hub's schema is strict. */
function enrolmentOf(fields: Fields): Enrolment {
  const { id, kind, communityId, name, gatewayId, stream } = fields;
  const given = {
    ...(name ? { name } : {}),
    ...(gatewayId ? { gatewayId } : {}),
    ...(stream?.trim() ? { options: { stream: stream.trim() } } : {}),
  };
  return { id, kind, communityId, ...given, location: locationOf(fields) };
}
