/** The buttons that role (the hub's `mayDo`) and state (`decideTicket`) both allow; the next natural step stands out. */
import { CameraOutlined } from '@ant-design/icons';
import { Button, Dropdown, Input, Space } from 'antd';
import { useRef, useState } from 'react';
import { type TicketAction as CoreAction, decideTicket } from '../../../../core/ticket-action.ts';
import { useTicketAction, useTicketPhoto } from '../api/tickets.ts';
import type { TicketDetail } from '../api/types.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';
import { ActionDialog, type AskingAction } from './action-dialog.tsx';

type Name = CoreAction['action'];
/** In the order of a job's life; the first that is possible is the next natural step. */
const STEPS: readonly Name[] = ['take', 'start', 'resume', 'resolve', 'close'];
const OTHERS: readonly Name[] = ['assign', 'pause', 'prioritise', 'reopen', 'cancel'];
const ASKING: ReadonlySet<Name> = new Set(['assign', 'pause', 'resolve', 'close', 'reopen', 'cancel', 'prioritise']);

export function TicketActions({ ticket }: { ticket: TicketDetail }) {
  const { t } = useI18n();
  const act = useTicketAction(ticket.id);
  const [asking, setAsking] = useState<AskingAction | null>(null);
  const possible = (name: Name) => ticket.mayDo.includes(name) && stateAllows(ticket, name);
  const run = (name: Name) => (ASKING.has(name) ? setAsking(name as AskingAction) : act.mutate({ action: name }));
  const steps = STEPS.filter(possible);
  const others = OTHERS.filter(possible);
  return (
    <section className="detail-actions">
      {steps.length + others.length > 0 && (
        <div className="detail-buttons" style={{ marginTop: 0, marginBottom: 10 }}>
          {steps.map((name, index) => (
            <Button
              key={name}
              type={index === 0 ? 'primary' : 'default'}
              loading={act.isPending}
              onClick={() => run(name)}
            >
              {t(`ticket.action.${name}` as MessageKey)}
            </Button>
          ))}
          {others.length > 0 && (
            <Dropdown
              trigger={['click']}
              menu={{
                items: others.map((name) => ({
                  key: name,
                  label: t(`ticket.action.${name}` as MessageKey),
                  danger: name === 'cancel',
                  onClick: () => run(name),
                })),
              }}
            >
              <Button>{t('app.more')}</Button>
            </Dropdown>
          )}
          <PhotoButton ticketId={ticket.id} />
        </div>
      )}
      <Comment ticket={ticket} />
      {asking && <ActionDialog ticket={ticket} action={asking} onClose={() => setAsking(null)} />}
    </section>
  );
}

/** Only the state matters here, so the fields that a person has yet to fill are stood for by blanks. */
function stateAllows(ticket: TicketDetail, name: Name): boolean {
  return decideTicket(ticket, { action: name } as CoreAction).ok;
}

function Comment({ ticket }: { ticket: TicketDetail }) {
  const { t } = useI18n();
  const act = useTicketAction(ticket.id);
  const [text, setText] = useState('');
  const send = () => {
    if (text.trim() === '') return;
    act.mutate({ action: 'comment', text: text.trim() }, { onSuccess: () => setText('') });
  };
  if (!ticket.mayDo.includes('comment')) return null;
  return (
    <Space.Compact block>
      <Input
        value={text}
        maxLength={2000}
        placeholder={t('alarm.commentText')}
        aria-label={t('alarm.commentText')}
        onChange={(event) => setText(event.target.value)}
        onPressEnter={send}
      />
      <Button loading={act.isPending} disabled={text.trim() === ''} onClick={send}>
        {t('ticket.action.comment')}
      </Button>
    </Space.Compact>
  );
}

function PhotoButton({ ticketId }: { ticketId: string }) {
  const { t } = useI18n();
  const input = useRef<HTMLInputElement>(null);
  const upload = useTicketPhoto(ticketId);
  return (
    <>
      <Button icon={<CameraOutlined />} loading={upload.isPending} onClick={() => input.current?.click()}>
        {t('ticket.action.photo')}
      </Button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label={t('ticket.action.photo')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) upload.mutate(file);
          event.target.value = '';
        }}
      />
    </>
  );
}
