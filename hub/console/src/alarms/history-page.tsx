/** Alarms that were: newest first, page by page. */
import { Alert, Button, Empty, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { SEVERITIES } from '../../../../core/rule.ts';
import { useAlarmHistory } from '../api/alarms.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { flatPages } from '../live/apply.ts';
import { CommunityFilter } from '../shared/community-filter.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { problemText } from '../shared/use-problem.ts';
import { AlarmRow } from './alarm-row.tsx';

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const navigate = useNavigate();
  const communityName = useCommunityName();
  const [severity, setSeverity] = useState('');
  const [communityId, setCommunityId] = useState('');
  const query = useAlarmHistory({ ...(severity ? { severity } : {}), ...(communityId ? { communityId } : {}) });
  const alarms = flatPages(query.data);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('nav.history')}</h1>
        <span className="grow" />
        <Link to="/alarms">{t('alarm.title')}</Link>
      </div>
      <search className="filters">
        <Select
          value={severity}
          aria-label={t('alarm.filter.severity')}
          onChange={setSeverity}
          options={[
            { value: '', label: `${t('alarm.filter.severity')}: ${t('app.all')}` },
            ...SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) })),
          ]}
          style={{ minWidth: 150 }}
        />
        <CommunityFilter value={communityId} onChange={setCommunityId} />
      </search>
      {query.error && <Alert type="error" title={problemText(query.error, i18n)} />}
      {query.isLoading && <Skeleton active />}
      {query.data && alarms.length === 0 && <Empty description={t('alarm.empty')} />}
      {alarms.length > 0 && (
        <ul className="rows panel">
          {alarms.map((alarm) => (
            <li key={alarm.id}>
              <AlarmRow
                alarm={alarm}
                communityName={communityName(alarm.communityId)}
                selected={false}
                silenced={false}
                member={false}
                mayAck={false}
                onOpen={() => navigate(`/alarms/${alarm.id}`)}
                onAck={() => undefined}
              />
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <Button
          block
          style={{ marginTop: 12 }}
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('app.loadMore')}
        </Button>
      )}
    </div>
  );
}
