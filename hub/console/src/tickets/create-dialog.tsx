/** A work order made by hand: seen on patrol, told at the desk. */
import { Form, Input, InputNumber, Modal, Select } from 'antd';
import { useNavigate } from 'react-router';
import { TICKET_PRIORITIES } from '../../../../core/ticket.ts';
import { useCommunities } from '../api/session.ts';
import { useCreateTicket } from '../api/tickets.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CATEGORIES } from '../shared/categories.ts';

interface Fields {
  communityId: string;
  title: string;
  description?: string;
  category: string;
  priority: string;
  building?: string;
  unit?: string;
  floor?: number | null;
  room?: string;
  spot?: string;
}

export function CreateDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const [form] = Form.useForm<Fields>();
  const communities = useCommunities();
  const create = useCreateTicket();
  const navigate = useNavigate();
  const submit = ({ building, unit, floor, room, spot, description, ...rest }: Fields) => {
    const places = Object.entries({ building, unit, floor, room, spot });
    const location = Object.fromEntries(
      places.filter(([, value]) => value !== undefined && value !== null && value !== ''),
    );
    create.mutate(
      { ...rest, description: description ?? '', location },
      {
        onSuccess: (ticket) => {
          onClose();
          navigate(`/tickets/${ticket.id}`);
        },
      },
    );
  };
  return (
    <Modal
      open
      title={t('ticket.new')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('ticket.new')}
      cancelText={t('app.cancel')}
      confirmLoading={create.isPending}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={submit}
        initialValues={{ priority: 'normal', category: 'other', communityId: communities[0]?.id }}
      >
        <CreateFields />
      </Form>
    </Modal>
  );
}

function CreateFields() {
  const { t, label } = useI18n();
  const communities = useCommunities();
  const required = { required: true, whitespace: true, message: t('app.required') };
  return (
    <>
      <Form.Item name="title" label={t('ticket.fieldTitle')} rules={[required]}>
        <Input autoFocus maxLength={200} />
      </Form.Item>
      <Form.Item name="communityId" label={t('device.community')} rules={[required]}>
        <Select options={communities.map(({ id, name }) => ({ value: id, label: name }))} />
      </Form.Item>
      <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 8 }}>
        <Form.Item name="category" label={t('ticket.category')}>
          <Select options={CATEGORIES.map((value) => ({ value, label: label('category', value) }))} />
        </Form.Item>
        <Form.Item name="priority" label={t('ticket.priority')}>
          <Select options={TICKET_PRIORITIES.map((value) => ({ value, label: t(`ticket.priority.${value}`) }))} />
        </Form.Item>
      </div>
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
      <Form.Item name="description" label={`${t('ticket.description')} (${t('app.optional')})`}>
        <Input.TextArea rows={3} maxLength={2000} />
      </Form.Item>
    </>
  );
}
