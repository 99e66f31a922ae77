/** Asks for what an action needs: a reason, an outcome, a person, a priority. */
import { AutoComplete, Form, Input, Modal, Select } from 'antd';
import { TICKET_OUTCOMES, TICKET_PRIORITIES } from '../../../../core/ticket.ts';
import { useTicketAction } from '../api/tickets.ts';
import type { TicketDetail } from '../api/types.ts';
import { usePeople } from '../api/users.ts';
import { useI18n } from '../i18n/i18n.tsx';

export type AskingAction = 'assign' | 'pause' | 'resolve' | 'close' | 'reopen' | 'cancel' | 'prioritise';

export function ActionDialog({
  ticket,
  action,
  onClose,
}: {
  ticket: TicketDetail;
  action: AskingAction;
  onClose(): void;
}) {
  const { t } = useI18n();
  const [form] = Form.useForm();
  const act = useTicketAction(ticket.id);
  const submit = (fields: Record<string, unknown>) => {
    const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));
    act.mutate({ action, ...said }, { onSuccess: onClose });
  };
  return (
    <Modal
      open
      title={`${t(`ticket.action.${action}`)} · ${ticket.title}`}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t(`ticket.action.${action}`)}
      cancelText={t('app.cancel')}
      confirmLoading={act.isPending}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={submit}
        initialValues={{ priority: ticket.priority, outcome: 'fixed' }}
      >
        <Fields action={action} communityId={ticket.communityId} />
      </Form>
    </Modal>
  );
}

function Fields({ action, communityId }: { action: AskingAction; communityId: string }) {
  const { t } = useI18n();
  const { data: users = [] } = usePeople(communityId, true);
  const required = { required: true, whitespace: true, message: t('app.required') };
  const needsReason = action === 'pause' || action === 'reopen' || action === 'cancel' || action === 'prioritise';
  return (
    <>
      {action === 'assign' && (
        <Form.Item name="username" label={t('alarm.assignTo')} rules={[required]}>
          <AutoComplete
            autoFocus
            options={users.map((user) => ({ value: user.username, label: `${user.displayName} (${user.username})` }))}
          />
        </Form.Item>
      )}
      {action === 'resolve' && (
        <Form.Item name="outcome" label={t('ticket.outcome')}>
          <Select options={TICKET_OUTCOMES.map((value) => ({ value, label: t(`ticket.outcome.${value}`) }))} />
        </Form.Item>
      )}
      {action === 'prioritise' && (
        <Form.Item name="priority" label={t('ticket.priority')}>
          <Select options={TICKET_PRIORITIES.map((value) => ({ value, label: t(`ticket.priority.${value}`) }))} />
        </Form.Item>
      )}
      {needsReason && (
        <Form.Item name="reason" label={t('ticket.reason')} rules={[required]}>
          <Input.TextArea autoFocus rows={3} maxLength={2000} />
        </Form.Item>
      )}
      {(action === 'resolve' || action === 'close') && (
        <Form.Item name="note" label={`${t('ticket.note')} (${t('app.optional')})`}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      )}
    </>
  );
}
