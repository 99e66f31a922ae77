/** One gateway. */
import { ApiOutlined, DisconnectOutlined } from '@ant-design/icons';
import type { GatewayItem } from '../api/types.ts';
import { CameraHealth } from '../camera/camera-health.tsx';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { Since } from '../shared/since.tsx';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useNow } from '../shared/use-now.ts';
import { bytesTitle } from './bytes.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Gaps } from './gaps.tsx';
import { Running } from './running.tsx';

const LANES = ['urgent', 'alarm', 'event', 'telemetry', 'backlog', 'evidence'] as const;
/** Behind this much, people should know before an alarm is late. */
const LAG_BAD_SECONDS = 30;

/** Beyond this a gateway's clock should be set right: what it says is dated wrongly. */
const SKEW_BAD_MS = 60_000;

export function GatewayCard({ gateway }: { gateway: GatewayItem }) {
  const communityName = useCommunityName();
  const { t } = useI18n();
  return (
    <section className="panel card" aria-label={gateway.id}>
      <div className="card-head">
        <h2>
          {communityName(gateway.communityId)} <small className="muted">{gateway.name || gateway.id}</small>
        </h2>
        <Link gateway={gateway} />
      </div>
      <Stats gateway={gateway} />
      <h3>{t('gateway.backlog')}</h3>
      <Lanes gateway={gateway} />
      <Cameras gateway={gateway} />
      <Running gateway={gateway} />
      <Gaps gateway={gateway} />
      <DeadLetters gateway={gateway} />
    </section>
  );
}

function Link({ gateway }: { gateway: GatewayItem }) {
  const { t } = useI18n();
  const state = gateway.link === 'never' ? 'unknown' : gateway.link;
  return (
    <span className={`link-state ${state}`}>
      {state === 'up' ? <ApiOutlined /> : <DisconnectOutlined />}
      {t(`gateway.${state}`)}
    </span>
  );
}

function Stats({ gateway }: { gateway: GatewayItem }) {
  const i18n = useI18n();
  const { t } = i18n;
  const now = useNow(5_000);
  const lag = gateway.lagSeconds;
  return (
    <div className="stats">
      <div className={lag !== null && lag > LAG_BAD_SECONDS ? 'stat bad' : 'stat'}>
        <b className="num">{lag === null ? '—' : spanTitle(lag * 1000, i18n)}</b>
        <small>{t('gateway.lag')}</small>
      </div>
      <div className="stat">
        <b className="num">{gateway.lastAckedAt ? <Since at={gateway.lastAckedAt} /> : '—'}</b>
        <small>{t('gateway.lastAck')}</small>
      </div>
      {gateway.devices && (
        <div className="stat">
          <b className="num">{t('gateway.devicesLine', { ...gateway.devices })}</b>
          <small>{t('gateway.devices')}</small>
        </div>
      )}
      <div className={gateway.evicted > 0 ? 'stat bad' : 'stat'}>
        <b className="num">{gateway.evicted}</b>
        <small>{t('gateway.evicted')}</small>
      </div>
      <div className="stat">
        <b className="num">{gateway.deadLetters}</b>
        <small>{t('gateway.deadLetters')}</small>
      </div>
      {gateway.clockSkewMs !== null && (
        <div className={Math.abs(gateway.clockSkewMs) > SKEW_BAD_MS ? 'stat bad' : 'stat'}>
          <b className="num">{skewTitle(gateway.clockSkewMs, i18n)}</b>
          <small>{t('gateway.skew')}</small>
        </div>
      )}
      {gateway.startedAt && (
        <div className="stat">
          <b className="num">{spanTitle(now - gateway.startedAt, i18n)}</b>
          <small>
            {t('gateway.started')}
            {gateway.version ? ` · ${gateway.version}` : ''}
          </small>
        </div>
      )}
    </div>
  );
}

function skewTitle(skewMs: number, i18n: I18n): string {
  if (Math.abs(skewMs) < 1_000) return i18n.t('gateway.skewNone');
  return i18n.t(skewMs > 0 ? 'gateway.skewAhead' : 'gateway.skewBehind', { span: spanTitle(Math.abs(skewMs), i18n) });
}

function Lanes({ gateway }: { gateway: GatewayItem }) {
  const i18n = useI18n();
  const { t } = i18n;
  const now = useNow(5_000);
  const most = Math.max(1, ...LANES.map((lane) => gateway.backlog.lanes[lane]?.batches ?? 0));
  return (
    <div>
      {LANES.map((lane) => {
        const waiting = gateway.backlog.lanes[lane];
        const none = !waiting || waiting.batches === 0;
        return (
          <div className="lane" key={lane}>
            <span>{t(`gateway.lane.${lane}`)}</span>
            <span className="lane-bar">
              <i style={{ width: `${none ? 0 : Math.max(3, (waiting.batches / most) * 100)}%` }} />
            </span>
            <span className="muted num">
              {none
                ? t('gateway.noBacklog')
                : `${t('gateway.batches', { n: waiting.batches, bytes: bytesTitle(waiting.bytes) })}${
                    waiting.oldestAt
                      ? ` · ${t('gateway.oldest', { age: spanTitle(now - waiting.oldestAt, i18n) })}`
                      : ''
                  }`}
            </span>
          </div>
        );
      })}
    </div>
  );
}

function Cameras({ gateway }: { gateway: GatewayItem }) {
  const { t } = useI18n();
  if (gateway.cameras.length === 0) return null;
  return (
    <>
      <h3>{t('gateway.cameras')}</h3>
      <ul className="gap-list">
        {gateway.cameras.map((camera) => (
          <li key={camera.deviceId} className="camera-line">
            <span>{camera.deviceId}</span>
            <CameraHealth camera={camera} />
          </li>
        ))}
      </ul>
    </>
  );
}
