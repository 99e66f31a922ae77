/** Four steps from received to done; the present one stands out, in words too. */
import type { TicketState } from '../../../../core/ticket.ts';
import type { PublicReport } from '../api/public-types.ts';
import { type MessageKey, useI18n } from '../i18n/i18n.tsx';

const STEPS: readonly MessageKey[] = [
  'progress.step.received',
  'progress.step.taken',
  'progress.step.working',
  'progress.step.resolved',
];
const REACHED: Record<TicketState, number> = {
  open: 0,
  taken: 1,
  working: 2,
  paused: 2,
  resolved: 3,
  closed: 3,
  cancelled: 0,
};

export function Steps({ report }: { report: PublicReport }) {
  const { t } = useI18n();
  const reached = REACHED[report.state];
  if (report.state === 'cancelled') return <p className="public-late">{t('progress.step.cancelled')}</p>;
  return (
    <ol className="steps">
      {STEPS.map((step, index) => (
        <li
          key={step}
          className={index < reached ? 'done' : index === reached ? 'now' : ''}
          aria-current={index === reached ? 'step' : undefined}
        >
          <span aria-hidden="true">{index < reached || reached === 3 ? '✓' : index + 1}</span>
          {index === 2 && report.state === 'paused' ? t('progress.step.paused') : t(step)}
        </li>
      ))}
    </ol>
  );
}
