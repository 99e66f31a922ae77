/** The same as a list: for looking up and sorting. */

import { Table, type TableColumnsType } from 'antd';
import { locationTitle } from '../../../../core/device.ts';
import { TICKET_PRIORITIES } from '../../../../core/ticket.ts';
import type { TicketItem } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { Since } from '../shared/since.tsx';
import { ClockLine } from './clock-line.tsx';
import { openClock } from './ticket-board.tsx';

export function TicketTable({
  tickets,
  currentId,
  onOpen,
}: {
  tickets: readonly TicketItem[];
  currentId: string | undefined;
  onOpen(ticket: TicketItem): void;
}) {
  const i18n = useI18n();
  return (
    <Table
      rowKey="id"
      size="middle"
      columns={columnsOf(i18n)}
      dataSource={[...tickets]}
      pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
      scroll={{ x: 'max-content' }}
      rowClassName={(ticket) => (ticket.id === currentId ? 'row-current' : '')}
      onRow={(ticket) => ({ onClick: () => onOpen(ticket), style: { cursor: 'pointer' } })}
    />
  );
}

function columnsOf({ t, label, language }: I18n): TableColumnsType<TicketItem> {
  return [
    { title: '#', dataIndex: 'number', key: 'number', sorter: (a, b) => a.number - b.number },
    {
      title: t('ticket.fieldTitle'),
      key: 'title',
      render: (_, ticket) => (
        <>
          <strong>{ticket.title}</strong>
          <br />
          <small className="muted">{locationTitle(ticket.location, language)}</small>
        </>
      ),
    },
    {
      title: t('alarm.filter.state'),
      key: 'state',
      render: (_, ticket) => t(`ticket.state.${ticket.state}`),
      sorter: (a, b) => a.state.localeCompare(b.state),
    },
    {
      title: t('ticket.priority'),
      key: 'priority',
      render: (_, ticket) => t(`ticket.priority.${ticket.priority}`),
      sorter: (a, b) => TICKET_PRIORITIES.indexOf(a.priority) - TICKET_PRIORITIES.indexOf(b.priority),
    },
    { title: t('ticket.category'), key: 'category', render: (_, ticket) => label('category', ticket.category) },
    { title: t('ticket.owner'), key: 'owner', render: (_, ticket) => ticket.owner ?? t('ticket.noOwner') },
    {
      title: t('ticket.clock.solve'),
      key: 'clock',
      render: (_, ticket) => {
        const clock = openClock(ticket);
        return clock ? (
          <ClockLine clock={ticket.sla[clock]} name={t(`ticket.clock.${clock}`)} />
        ) : (
          <Since at={ticket.updatedAt} />
        );
      },
      sorter: (a, b) => (a.dueAt ?? Number.MAX_SAFE_INTEGER) - (b.dueAt ?? Number.MAX_SAFE_INTEGER),
    },
  ];
}
