/** Hands an alarm to a person by name. */
import { AutoComplete, Form, Modal } from 'antd';
import { useState } from 'react';
import { useAlarmAction } from '../../api/alarms.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { usePeople } from '../../api/users.ts';
import { useI18n } from '../../i18n/i18n.tsx';

export function AssignDialog({ alarm, onClose }: { alarm: AlarmDetail; onClose(): void }) {
  const { t } = useI18n();
  const [username, setUsername] = useState(alarm.assignedTo ?? '');
  const { data: users = [] } = usePeople(alarm.communityId);
  const act = useAlarmAction();
  const submit = () =>
    act.mutate(
      { id: alarm.id, call: { action: 'assign', body: { username: username.trim() } } },
      { onSuccess: onClose },
    );
  return (
    <Modal
      open
      title={t('alarm.assign')}
      onCancel={onClose}
      onOk={submit}
      okText={t('alarm.assign')}
      cancelText={t('app.cancel')}
      okButtonProps={{ disabled: username.trim() === '' }}
      confirmLoading={act.isPending}
    >
      <Form layout="vertical">
        <Form.Item label={t('alarm.assignTo')} htmlFor="assign-to">
          <AutoComplete
            id="assign-to"
            autoFocus
            style={{ width: '100%' }}
            value={username}
            onChange={setUsername}
            options={users.map((user) => ({ value: user.username, label: `${user.displayName} (${user.username})` }))}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
