/** A work order made by hand: seen on patrol, told at the desk. */
import { Form, Input, Modal, Select } from 'antd';
import { useNavigate } from 'react-router';
import { TICKET_PRIORITIES } from '../../../../core/ticket.ts';
import { useCommunities } from '../api/session.ts';
import { useCreateTicket } from '../api/tickets.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CATEGORIES } from '../shared/categories.ts';
import { locationOf, type Place, PlaceFields } from '../shared/place-fields.tsx';

interface Fields extends Place {
  communityId: string;
  title: string;
  description?: string;
  category: string;
  priority: string;
}

export function CreateDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const [form] = Form.useForm<Fields>();
  const communities = useCommunities();
  const create = useCreateTicket();
  const navigate = useNavigate();
  const submit = (fields: Fields) => {
    const { communityId, title, description = '', category, priority } = fields;
    create.mutate(
      { communityId, title, description, category, priority, location: locationOf(fields) },
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
      <PlaceFields />
      <Form.Item name="description" label={`${t('ticket.description')} (${t('app.optional')})`}>
        <Input.TextArea rows={3} maxLength={2000} />
      </Form.Item>
    </>
  );
}
