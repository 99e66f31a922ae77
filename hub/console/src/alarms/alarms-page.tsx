/** The live alarm console: the guard's home. In: open alarms, kept live. Out: a list one can work with one hand. */
import { AudioMutedOutlined, CheckCircleOutlined } from '@ant-design/icons';
import { Alert, Button, Skeleton, Tooltip } from 'antd';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useOpenAlarms } from '../api/alarms.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText } from '../shared/use-problem.ts';
import { AlarmList } from './alarm-list.tsx';
import { AlarmDetailPanel } from './detail/alarm-detail.tsx';
import { AlarmFilters, SeverityTiles } from './filters.tsx';
import { FloodBanner } from './flood-banner.tsx';
import { KeysHelp } from './keys-help.tsx';
import { type AlarmBoard, type AlarmFilter, arrangeAlarms, NO_FILTER, visibleAlarms } from './order.ts';
import { ShelveDialog } from './shelve-dialog.tsx';
import { useAlarmKeys } from './use-alarm-keys.ts';
import { useWatch } from './watch.tsx';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { id } = useParams();
  const { data: open, error, isLoading } = useOpenAlarms();
  const [filter, setFilter] = useState<AlarmFilter>(NO_FILTER);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const board = useMemo(() => arrangeAlarms(open?.values() ?? [], filter), [open, filter]);
  const rows = useMemo(() => visibleAlarms(board.groups, folded), [board, folded]);
  const may = useMay();
  const communityName = useCommunityName();
  const navigate = useNavigate();
  const keys = useAlarmKeys({ rows, all: open, openId: id });

  return (
    <div className={`alarms${id ? ' with-detail' : ''}`}>
      <div className="alarms-list">
        <PageHead onHelp={() => keys.setHelp(true)} />
        {open && <FloodBanner alarms={open} onShow={() => setFilter({ ...NO_FILTER, states: ['suppressed'] })} />}
        <SeverityTiles board={board} filter={filter} onChange={setFilter} />
        <AlarmFilters filter={filter} onChange={setFilter} />
        {error && <Alert type="error" title={problemText(error, i18n)} style={{ marginBottom: 12 }} />}
        {isLoading && <Skeleton active paragraph={{ rows: 6 }} />}
        <AlarmList
          groups={board.groups}
          muted={board.muted}
          folded={folded}
          selectedId={keys.selectedId}
          mayAck={may.handleAlarms}
          communityName={communityName}
          onFold={(key) => setFolded((before) => toggled(before, key))}
          onOpen={(alarm) => {
            keys.select(alarm.id);
            navigate(`/alarms/${alarm.id}`);
          }}
          onAck={keys.ack}
        />
        {open && board.groups.length === 0 && (
          <Empty board={board} filter={filter} onClear={() => setFilter(NO_FILTER)} />
        )}
      </div>
      {id && (
        <aside className="alarms-detail" aria-label={t('alarm.facts')}>
          <AlarmDetailPanel key={id} id={id} onClose={() => navigate('/alarms')} />
        </aside>
      )}
      {keys.shelving && <ShelveDialog alarm={keys.shelving} onClose={() => keys.setShelving(null)} />}
      <KeysHelp open={keys.help} onClose={() => keys.setHelp(false)} />
    </div>
  );
}

function PageHead({ onHelp }: { onHelp(): void }) {
  const { t } = useI18n();
  return (
    <div className="page-head">
      <h1>{t('alarm.title')}</h1>
      <span className="grow" />
      <SilenceButton />
      <Link to="/alarms/history">{t('nav.history')}</Link>
      <Button type="text" size="small" className="keys-hint" onClick={onHelp}>
        {t('keys.help')}
      </Button>
    </div>
  );
}

/** For who has no keyboard at hand; offered while something sounds. */
function SilenceButton() {
  const { t } = useI18n();
  const { soundingAlarms, silence } = useWatch();
  if (soundingAlarms.length === 0) return null;
  return (
    <Tooltip title={t('alarm.silencedHint')}>
      <Button icon={<AudioMutedOutlined />} onClick={() => silence(soundingAlarms)}>
        {t('alarm.silence')}
      </Button>
    </Tooltip>
  );
}

function Empty({ board, filter, onClear }: { board: AlarmBoard; filter: AlarmFilter; onClear(): void }) {
  const { t } = useI18n();
  const some = Object.values(board.total).some((count) => count > 0);
  if (some && filter !== NO_FILTER)
    return (
      <div className="empty panel">
        <h2>{t('alarm.emptyFiltered')}</h2>
        <Button onClick={onClear}>{t('alarm.clearFilters')}</Button>
      </div>
    );
  return (
    <div className="empty panel">
      <CheckCircleOutlined />
      <h2>{t('alarm.empty')}</h2>
      <p>{t('alarm.emptyText')}</p>
    </div>
  );
}

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}
