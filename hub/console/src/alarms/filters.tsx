/** What is shown: severity tiles (also the summary), and the finer filters. */
import { SearchOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useState } from 'react';
import { SEVERITIES, type Severity } from '../../../../core/rule.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CommunityFilter } from '../shared/community-filter.tsx';
import { KINDS } from '../shared/kinds.ts';
import { useWide } from '../shared/use-wide.ts';
import { type AlarmBoard, type AlarmFilter, NO_FILTER } from './order.ts';
import { SeverityMark } from './severity-mark.tsx';

interface FilterProps {
  filter: AlarmFilter;
  onChange(filter: AlarmFilter): void;
}

export function SeverityTiles({ board, filter, onChange }: FilterProps & { board: AlarmBoard }) {
  const { t } = useI18n();
  const toggle = (severity: Severity) =>
    onChange({
      ...filter,
      severities: filter.severities.includes(severity)
        ? filter.severities.filter((known) => known !== severity)
        : [...filter.severities, severity],
    });
  return (
    <div className="tiles">
      {SEVERITIES.map((severity) => (
        <button
          key={severity}
          type="button"
          className={`tile tone-${severity}${board.unacked[severity] === 0 ? ' calm' : ''}`}
          aria-pressed={filter.severities.includes(severity)}
          onClick={() => toggle(severity)}
        >
          <SeverityMark severity={severity} size={30} />
          <span>
            <b className="num">{board.unacked[severity]}</b>
            <small>
              {t(`severity.${severity}`)} · {board.total[severity]}
            </small>
          </span>
        </button>
      ))}
    </div>
  );
}

export function AlarmFilters({ filter, onChange }: FilterProps) {
  const { t, label } = useI18n();
  const active = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  const wide = useWide(760);
  const [unfolded, setUnfolded] = useState(false);
  if (!wide && !unfolded && !active)
    return (
      <Button block icon={<SearchOutlined />} style={{ marginBottom: 10 }} onClick={() => setUnfolded(true)}>
        {t('alarm.filter.open')}
      </Button>
    );
  const states = ['unacked', 'acked', 'returned', 'shelved', 'suppressed', 'out-of-service'];
  return (
    <search className="filters" aria-label={t('app.search')}>
      <Input
        id="alarm-search"
        allowClear
        prefix={<SearchOutlined />}
        placeholder={t('alarm.filter.text')}
        aria-label={t('alarm.filter.text')}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        style={{ width: 240, flex: '1 1 200px', maxWidth: 360 }}
      />
      <Select
        mode="multiple"
        allowClear
        maxTagCount="responsive"
        placeholder={t('alarm.filter.state')}
        aria-label={t('alarm.filter.state')}
        value={[...filter.states]}
        onChange={(next) => onChange({ ...filter, states: next })}
        options={states.map((value) => ({ value, label: label('state', value) }))}
        style={{ minWidth: 140, flex: '1 1 140px', maxWidth: 260 }}
      />
      <CommunityFilter value={filter.communityId} onChange={(communityId) => onChange({ ...filter, communityId })} />
      <Select
        value={filter.kind}
        aria-label={t('alarm.filter.kind')}
        onChange={(kind) => onChange({ ...filter, kind })}
        options={[
          { value: '', label: `${t('alarm.filter.kind')}: ${t('app.all')}` },
          ...KINDS.map((value) => ({ value, label: label('kind', value) })),
        ]}
        style={{ minWidth: 160 }}
      />
      {active && (
        <Button type="text" onClick={() => onChange(NO_FILTER)}>
          {t('alarm.clearFilters')}
        </Button>
      )}
    </search>
  );
}
