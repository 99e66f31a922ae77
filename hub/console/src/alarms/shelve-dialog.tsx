/** Asks until when and why; a shelf always has an end and a reason (ISA-18.2). Also serves "out of service". */
import { Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useAlarmAction } from '../api/alarms.ts';
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';

const HOURS = [1, 2, 4, 8, 24, 72];

export function ShelveDialog({
  alarm,
  action = 'shelve',
  onClose,
}: {
  alarm: AlarmItem;
  action?: 'shelve' | 'out-of-service';
  onClose(): void;
}) {
  const { t, text, locale } = useI18n();
  const [hours, setHours] = useState(2);
  const [reason, setReason] = useState('');
  const [openedAt] = useState(Date.now);
  const act = useAlarmAction();
  const submit = () =>
    act.mutate(
      { id: alarm.id, call: { action, body: { untilAt: Date.now() + hours * 3_600_000, reason: reason.trim() } } },
      { onSuccess: onClose },
    );
  const title = action === 'shelve' ? t('alarm.shelve') : t('alarm.outOfService');
  return (
    <Modal
      open
      title={`${title}: ${text(alarm.title)}`}
      onCancel={onClose}
      onOk={submit}
      okText={title}
      cancelText={t('app.cancel')}
      okButtonProps={{ disabled: reason.trim() === '' }}
      confirmLoading={act.isPending}
      destroyOnHidden
    >
      <Form layout="vertical" onFinish={submit}>
        <Form.Item label={`${t('alarm.shelveUntil')} ${fullTime(openedAt + hours * 3_600_000, locale)}`}>
          <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
            {HOURS.map((n) => (
              <Button
                key={n}
                type={n === hours ? 'primary' : 'default'}
                aria-pressed={n === hours}
                onClick={() => setHours(n)}
              >
                {t('alarm.shelveFor', { n })}
              </Button>
            ))}
          </div>
        </Form.Item>
        <Form.Item label={t('alarm.shelveReason')} htmlFor="shelve-reason" required extra={t('alarm.shelveHint')}>
          <Input.TextArea
            id="shelve-reason"
            autoFocus
            rows={2}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            onPressEnter={(event) => {
              if (event.shiftKey || reason.trim() === '') return;
              event.preventDefault();
              submit();
            }}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
