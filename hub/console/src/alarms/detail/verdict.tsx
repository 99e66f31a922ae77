/** Was it really a falling object? One key each; a false one may say what it was, as labelled data for training. */
import { Button } from 'antd';
import { type AlarmCall, useAlarmAction } from '../../api/alarms.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { useMay } from '../../shared/use-may.ts';

const WORDS = [
  ['true', 'T'],
  ['false', 'F'],
  ['unsure', 'U'],
] as const;
const LABELS = ['bird', 'laundry', 'rain', 'leaf', 'light', 'shake', 'other'] as const;

export function Verdict({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  const may = useMay();
  const act = useAlarmAction();
  const judge = (body: Extract<AlarmCall, { action: 'verdict' }>['body']) =>
    act.mutate({ id: alarm.id, call: { action: 'verdict', body } });
  const label = alarm.history.findLast((item) => item.what === 'verdict')?.detail.label;
  return (
    <section className="detail-section verdict">
      <h3>{t('alarm.verdict')}</h3>
      <fieldset className="detail-buttons" aria-label={t('alarm.verdict')}>
        {WORDS.map(([word, key]) => (
          <Button
            key={word}
            type={alarm.verdict === word ? 'primary' : 'default'}
            aria-pressed={alarm.verdict === word}
            disabled={!may.handleAlarms}
            onClick={() => judge({ verdict: word })}
          >
            {t(`alarm.verdict.${word}`)} <kbd>{key}</kbd>
          </Button>
        ))}
      </fieldset>
      {alarm.verdict === 'false' && (
        <fieldset className="detail-buttons" aria-label={t('alarm.verdict.why')}>
          <span className="muted">{t('alarm.verdict.why')}</span>
          {LABELS.map((name) => (
            <Button
              key={name}
              size="small"
              type={label === name ? 'primary' : 'default'}
              aria-pressed={label === name}
              disabled={!may.handleAlarms}
              onClick={() => judge({ verdict: 'false', label: name })}
            >
              {t(`alarm.verdict.label.${name}`)}
            </Button>
          ))}
          <span className="muted">{t('alarm.verdict.then')}</span>
        </fieldset>
      )}
    </section>
  );
}
