/** Every device: kind, place, whether it lives, what it last said and how long ago. */

import { PlusOutlined, SearchOutlined } from '@ant-design/icons';
import { Alert, Button, Input, Select, Table, type TableColumnsType } from 'antd';
import { useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { locationTitle } from '../../../../core/device.ts';
import { useDevices } from '../api/devices.ts';
import type { DeviceItem } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { CommunityFilter } from '../shared/community-filter.tsx';
import { KINDS } from '../shared/kinds.ts';
import { SplitPage } from '../shared/split-page.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText } from '../shared/use-problem.ts';
import { useWide } from '../shared/use-wide.ts';
import { DeviceDetail } from './device-detail.tsx';
import { EnrolDialog } from './enrol-dialog.tsx';
import { Liveness } from './liveness.tsx';
import { Values } from './values.tsx';

const NO_FILTER = { text: '', kind: '', communityId: '', liveness: '' };

export function Component() {
  const i18n = useI18n();
  const { t } = i18n;
  const { id } = useParams();
  const navigate = useNavigate();
  const { data: devices, error, isLoading } = useDevices();
  const [filter, setFilter] = useState(NO_FILTER);
  const [enrolling, setEnrolling] = useState(false);
  const shown = useMemo(() => (devices ?? []).filter((device) => passes(device, filter)), [devices, filter]);
  const may = useMay();
  const columns = useColumns(i18n, id !== undefined);

  return (
    <SplitPage detail={id && <DeviceDetail key={id} id={id} onClose={() => navigate('/devices')} />}>
      <div className="page-head">
        <h1>{t('device.title')}</h1>
        <Counts devices={shown} />
        <span className="grow" />
        {may.administer && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEnrolling(true)}>
            {t('device.enrol')}
          </Button>
        )}
      </div>
      <Filters filter={filter} onChange={setFilter} />
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      <Table
        rowKey="id"
        size="middle"
        loading={isLoading}
        columns={columns}
        dataSource={shown}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 'max-content' }}
        rowClassName={(device) => (device.id === id ? 'row-current' : '')}
        onRow={(device) => ({ onClick: () => navigate(`/devices/${device.id}`), style: { cursor: 'pointer' } })}
      />
      {enrolling && <EnrolDialog onClose={() => setEnrolling(false)} />}
    </SplitPage>
  );
}

function useColumns({ t, label, language }: I18n, narrow: boolean): TableColumnsType<DeviceItem> {
  const communityName = useCommunityName();
  const wide = useWide(900) && !narrow;
  const place: TableColumnsType<DeviceItem>[number] = {
    title: t('device.place'),
    key: 'place',
    sorter: (a, b) => comparePlace(a, b),
    render: (_, device) => (
      <>
        <strong>{locationTitle(device.location, language)}</strong>
        <br />
        <small className="muted">{communityName(device.communityId)}</small>
      </>
    ),
  };
  const kind: TableColumnsType<DeviceItem>[number] = {
    title: t('device.kind'),
    key: 'kind',
    sorter: (a, b) => a.kind.localeCompare(b.kind),
    render: (_, device) => (
      <>
        {label('kind', device.kind)}
        <br />
        <small className="muted">{device.id}</small>
      </>
    ),
  };
  const liveness: TableColumnsType<DeviceItem>[number] = {
    title: t('device.liveness'),
    key: 'liveness',
    sorter: (a, b) => a.liveness.localeCompare(b.liveness),
    render: (_, device) => <Liveness device={device} />,
  };
  const values: TableColumnsType<DeviceItem>[number] = {
    title: t('device.latest'),
    key: 'values',
    render: (_, device) => <Values device={device} />,
  };
  return wide ? [place, kind, liveness, values] : [place, kind, liveness];
}

function comparePlace(a: DeviceItem, b: DeviceItem): number {
  const order = { numeric: true } as const;
  return (
    a.communityId.localeCompare(b.communityId) ||
    (a.location.building ?? '~').localeCompare(b.location.building ?? '~', undefined, order) ||
    (a.location.room ?? '').localeCompare(b.location.room ?? '', undefined, order)
  );
}

function Counts({ devices }: { devices: readonly DeviceItem[] }) {
  const { t } = useI18n();
  const online = devices.filter((device) => device.liveness === 'online').length;
  const unavailable = devices.filter((device) => device.liveness === 'unavailable').length;
  return (
    <span className="muted num">
      {t('device.count', { n: devices.length })} · {t('device.onlineShare', { n: online })}
      {unavailable > 0 && (
        <strong style={{ color: 'var(--major)' }}> · {t('device.unavailableCount', { n: unavailable })}</strong>
      )}
    </span>
  );
}

function Filters({ filter, onChange }: { filter: typeof NO_FILTER; onChange(filter: typeof NO_FILTER): void }) {
  const { t, label } = useI18n();
  const all = t('app.all');
  return (
    <search className="filters">
      <Input
        allowClear
        prefix={<SearchOutlined />}
        placeholder={t('app.search')}
        aria-label={t('app.search')}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.target.value })}
        style={{ flex: '1 1 180px', maxWidth: 320 }}
      />
      <Select
        value={filter.kind}
        aria-label={t('device.kind')}
        onChange={(kind) => onChange({ ...filter, kind })}
        options={[
          { value: '', label: `${t('device.kind')}: ${all}` },
          ...KINDS.map((value) => ({ value, label: label('kind', value) })),
        ]}
        style={{ minWidth: 150 }}
      />
      <CommunityFilter value={filter.communityId} onChange={(communityId) => onChange({ ...filter, communityId })} />
      <Select
        value={filter.liveness}
        aria-label={t('device.liveness')}
        onChange={(liveness) => onChange({ ...filter, liveness })}
        options={[
          { value: '', label: `${t('device.liveness')}: ${all}` },
          ...(['online', 'unavailable', 'unknown'] as const).map((value) => ({ value, label: t(`device.${value}`) })),
        ]}
        style={{ minWidth: 130 }}
      />
    </search>
  );
}

function passes(device: DeviceItem, filter: typeof NO_FILTER): boolean {
  if (filter.kind !== '' && device.kind !== filter.kind) return false;
  if (filter.communityId !== '' && device.communityId !== filter.communityId) return false;
  if (filter.liveness !== '' && device.liveness !== filter.liveness) return false;
  const wanted = filter.text.trim().toLowerCase();
  const text = `${device.id} ${device.name} ${locationTitle(device.location, 'zh')} ${locationTitle(device.location, 'en')}`;
  return wanted === '' || text.toLowerCase().includes(wanted);
}
