/** What a person may do about this alarm now; `decideAlarm` is the same table that the hub goes by. */
import { App, Button, Dropdown, Input, Space } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { decideAlarm } from '../../../../../core/alarm.ts';
import { type AlarmCall, useAlarmAction } from '../../api/alarms.ts';
import { useCreateTicket } from '../../api/tickets.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { useMay } from '../../shared/use-may.ts';
import { ShelveDialog } from '../shelve-dialog.tsx';
import { AssignDialog } from './assign-dialog.tsx';

export function Actions({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  const may = useMay();
  const act = useAlarmAction();
  const [note, setNote] = useState('');
  const [dialog, setDialog] = useState<'shelve' | 'out-of-service' | 'assign' | null>(null);
  const send = (call: AlarmCall) => act.mutate({ id: alarm.id, call }, { onSuccess: () => setNote('') });
  const canAck = may.handleAlarms && decideAlarm(alarm as never, { type: 'ack' }, Date.now()).ok;
  if (!may.commentAlarms) return null;
  const text = note.trim();

  return (
    <section className="detail-actions">
      <Space.Compact block>
        <Input
          value={note}
          onChange={(event) => setNote(event.target.value)}
          placeholder={canAck ? t('alarm.ackNote') : t('alarm.commentText')}
          aria-label={canAck ? t('alarm.ackNote') : t('alarm.commentText')}
          maxLength={2000}
          onPressEnter={() => (canAck ? send(ackCall(text)) : text && send({ action: 'comment', body: { text } }))}
        />
        {canAck ? (
          <Button type="primary" loading={act.isPending} onClick={() => send(ackCall(text))}>
            {t('alarm.ack')}
          </Button>
        ) : (
          <Button disabled={text === ''} onClick={() => send({ action: 'comment', body: { text } })}>
            {t('alarm.comment')}
          </Button>
        )}
      </Space.Compact>
      <div className="detail-buttons">
        {canAck && text !== '' && (
          <Button onClick={() => send({ action: 'comment', body: { text } })}>{t('alarm.comment')}</Button>
        )}
        {may.handleAlarms && <StateButtons alarm={alarm} send={send} onShelve={() => setDialog('shelve')} />}
        <TicketButton alarm={alarm} />
        {may.handleAlarms && <More alarm={alarm} send={send} onDialog={setDialog} />}
      </div>
      {(dialog === 'shelve' || dialog === 'out-of-service') && (
        <ShelveDialog alarm={alarm} action={dialog} onClose={() => setDialog(null)} />
      )}
      {dialog === 'assign' && <AssignDialog alarm={alarm} onClose={() => setDialog(null)} />}
    </section>
  );
}

function ackCall(note: string): AlarmCall {
  return { action: 'ack', body: note === '' ? {} : { note } };
}

interface ButtonProps {
  alarm: AlarmDetail;
  send(call: AlarmCall): void;
}

function StateButtons({ alarm, send, onShelve }: ButtonProps & { onShelve(): void }) {
  const { t } = useI18n();
  const { serviceAlarms } = useMay();
  const { modal } = App.useApp();
  const askReset = () =>
    modal.confirm({
      title: t('alarm.reset'),
      content: t('alarm.resetHint'),
      okText: t('alarm.reset'),
      cancelText: t('app.cancel'),
      onOk: () => send({ action: 'reset', body: {} }),
    });
  return (
    <>
      {alarm.latched && <Button onClick={askReset}>{t('alarm.reset')}</Button>}
      {alarm.state === 'shelved' ? (
        <Button onClick={() => send({ action: 'unshelve', body: {} })}>{t('alarm.unshelve')}</Button>
      ) : (
        alarm.state !== 'normal' &&
        alarm.state !== 'out-of-service' && <Button onClick={onShelve}>{t('alarm.shelve')}</Button>
      )}
      {alarm.state === 'out-of-service' && serviceAlarms && (
        <Button onClick={() => send({ action: 'in-service', body: {} })}>{t('alarm.inService')}</Button>
      )}
    </>
  );
}

function TicketButton({ alarm }: { alarm: AlarmDetail }) {
  const { t, text } = useI18n();
  const navigate = useNavigate();
  const create = useCreateTicket();
  if (alarm.ticketId)
    return <Button onClick={() => navigate(`/tickets/${alarm.ticketId}`)}>{t('alarm.ticketOpen')}</Button>;
  return (
    <Button
      loading={create.isPending}
      onClick={() =>
        create.mutate(
          {
            communityId: alarm.communityId,
            title: text(alarm.title),
            description: text(alarm.response),
            category: categoryOf(alarm),
            priority: alarm.severity === 'critical' ? 'urgent' : 'normal',
            location: alarm.location,
            alarmId: alarm.id,
            deviceId: alarm.deviceId,
          },
          { onSuccess: (ticket) => navigate(`/tickets/${ticket.id}`) },
        )
      }
    >
      {t('alarm.ticketCreate')}
    </Button>
  );
}

function More({ alarm, send, onDialog }: ButtonProps & { onDialog(dialog: 'assign' | 'out-of-service'): void }) {
  const { t } = useI18n();
  const { username, serviceAlarms } = useMay();
  const items = [
    { key: 'me', label: t('alarm.assignMe'), onClick: () => send({ action: 'assign', body: { username } }) },
    { key: 'assign', label: t('alarm.assign'), onClick: () => onDialog('assign') },
    ...(alarm.state === 'out-of-service' || !serviceAlarms
      ? []
      : [{ key: 'oos', label: t('alarm.outOfService'), onClick: () => onDialog('out-of-service') }]),
  ];
  return (
    <Dropdown menu={{ items }} trigger={['click']}>
      <Button>{t('app.more')}</Button>
    </Dropdown>
  );
}

/** The category that the hub's own policy gives to alarms of this kind. */
function categoryOf(alarm: AlarmDetail): string {
  const byKind: Record<string, string> = {
    'access-gate': 'gate',
    'gas-detector': 'gas',
    'electrical-fire': 'electrical',
    'smart-bin': 'sanitation',
    'high-throw-camera': 'high-throw',
  };
  return byKind[alarm.kind] ?? 'fire';
}
