/** Work orders as a board by state or as a list; the detail beside it. */

import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Segmented, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { useTickets } from '../api/tickets.ts';
import type { TicketItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CommunityFilter } from '../shared/community-filter.tsx';
import { SplitPage } from '../shared/split-page.tsx';
import { useMay } from '../shared/use-may.ts';
import { problemText } from '../shared/use-problem.ts';
import { CreateDialog } from './create-dialog.tsx';
import { TicketBoard } from './ticket-board.tsx';
import { TicketDetailPanel } from './ticket-detail.tsx';
import { TicketTable } from './ticket-table.tsx';

type View = 'board' | 'list';
const NO_FILTER = { text: '', communityId: '', whose: 'all' as 'all' | 'mine' };

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { id } = useParams();
  const navigate = useNavigate();
  const { data: tickets, error, isLoading } = useTickets();
  const { username } = useMay();
  const [view, setView] = useState<View>('board');
  const [filter, setFilter] = useState(NO_FILTER);
  const [creating, setCreating] = useState(false);
  const shown = useMemo(
    () => (tickets ?? []).filter((ticket) => passes(ticket, filter, username)),
    [tickets, filter, username],
  );
  return (
    <SplitPage detail={id && <TicketDetailPanel key={id} id={id} onClose={() => navigate('/tickets')} />}>
      <div className="page-head">
        <h1>{t('ticket.title')}</h1>
        <Segmented<View>
          value={view}
          onChange={setView}
          options={[
            { value: 'board', label: t('ticket.board') },
            { value: 'list', label: t('ticket.list') },
          ]}
        />
        <span className="grow" />
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
          {t('ticket.new')}
        </Button>
      </div>
      <Filters filter={filter} onChange={setFilter} />
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {view === 'board' ? (
        <TicketBoard tickets={shown} currentId={id} narrow={id !== undefined} />
      ) : (
        <TicketTable tickets={shown} currentId={id} onOpen={(ticket) => navigate(`/tickets/${ticket.id}`)} />
      )}
      {creating && <CreateDialog onClose={() => setCreating(false)} />}
    </SplitPage>
  );
}

function Filters({ filter, onChange }: { filter: typeof NO_FILTER; onChange(filter: typeof NO_FILTER): void }) {
  const { t } = useI18n();
  return (
    <search className="filters">
      <Input
        allowClear
        placeholder={t('app.search')}
        aria-label={t('app.search')}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
        style={{ flex: '1 1 180px', maxWidth: 320 }}
      />
      <CommunityFilter value={filter.communityId} onChange={(communityId) => onChange({ ...filter, communityId })} />
      <Segmented<'all' | 'mine'>
        value={filter.whose}
        onChange={(whose) => onChange({ ...filter, whose })}
        options={[
          { value: 'all', label: t('app.all') },
          { value: 'mine', label: t('ticket.mine') },
        ]}
      />
    </search>
  );
}

function passes(ticket: TicketItem, filter: typeof NO_FILTER, username: string): boolean {
  if (filter.communityId !== '' && ticket.communityId !== filter.communityId) return false;
  if (filter.whose === 'mine' && ticket.owner !== username) return false;
  const wanted = filter.text.trim().toLowerCase();
  const text = `${ticket.number} ${ticket.title} ${locationTitle(ticket.location, 'zh')} ${ticket.owner ?? ''}`;
  return wanted === '' || text.toLowerCase().includes(wanted);
}
