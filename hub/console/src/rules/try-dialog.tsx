/** A rule tried on what was recorded: how often it would have fired, on what, before it is switched on. */
import { Alert, Button, Modal, Segmented } from 'antd';
import { useState } from 'react';
import type { RuleSpec } from '../../../../core/rule.ts';
import { type RuleTarget, type TrialItem, useTryRule } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';
import { problemText } from '../shared/use-problem.ts';
import { exactSpanTitle, parametersTitle } from './words.ts';

const SPANS = { '24h': 24, '7d': 168, '31d': 744 } as const;
type Span = keyof typeof SPANS;

export function TryDialog({ target, rule, onClose }: { target: RuleTarget; rule: RuleSpec; onClose(): void }) {
  const i18n = useI18n();
  const { t, text } = i18n;
  const [span, setSpan] = useState<Span>('24h');
  const trial = useTryRule();
  const run = () => {
    const toAt = Date.now();
    trial.mutate({ ...target, rule, fromAt: toAt - SPANS[span] * 3_600_000, toAt });
  };
  return (
    <Modal open width={640} title={`${t('rules.try')}: ${text(rule.title)}`} onCancel={onClose} footer={null}>
      <p className="muted">
        {t('rules.tryLead')} {parametersTitle(rule.with, i18n)}
      </p>
      <div className="form-line">
        <Segmented<Span>
          value={span}
          options={(Object.keys(SPANS) as Span[]).map((value) => ({ value, label: t(`rules.span.${value}`) }))}
          onChange={setSpan}
        />
        <Button type="primary" loading={trial.isPending} onClick={run} autoFocus>
          {t('rules.tryNow')}
        </Button>
      </div>
      {trial.error && <Alert type="error" showIcon title={problemText(trial.error, i18n)} />}
      {trial.data && <Result trial={trial.data} />}
    </Modal>
  );
}

function Result({ trial }: { trial: TrialItem }) {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const figures = [
    [t('rules.firings'), String(trial.firings)],
    [t('rules.perDay'), trial.perDay.toFixed(1)],
    [t('rules.mutedShare'), String(trial.muted)],
    [
      t('rules.medianSpan'),
      trial.medianMs === null ? '–' : exactSpanTitle(Math.round(trial.medianMs / 1_000) * 1_000, i18n),
    ],
  ];
  return (
    <section aria-live="polite">
      <div className="figures">
        {figures.map(([name, value]) => (
          <div key={name} className="panel figure">
            <b className="num">{value}</b>
            <span className="muted">{name}</span>
          </div>
        ))}
      </div>
      <p className="muted">{t('rules.tried', { devices: trial.devices, observations: trial.observations })}</p>
      {trial.observations === 0 && <Alert type="warning" showIcon title={t('rules.noHistory')} />}
      <ul className="gap-list">
        {trial.byDevice.map(({ deviceId, firings }) => (
          <li key={deviceId}>
            <span>{deviceId}</span>
            <span className="num">{t('rules.times', { n: firings })}</span>
          </li>
        ))}
      </ul>
      {trial.shown.length > 0 && <h3>{t('rules.newest')}</h3>}
      <ul className="gap-list">
        {trial.shown.slice(0, 20).map((firing) => (
          <li key={`${firing.deviceId} ${firing.at}`}>
            <span className="num">{fullTime(firing.at, locale)}</span>
            <span>{firing.deviceId}</span>
            <span className="muted">
              {firing.clearedAt === null
                ? t('rules.stillActive')
                : exactSpanTitle(Math.round((firing.clearedAt - firing.at) / 1_000) * 1_000, i18n)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
