/** The alarm's facts as a timeline: who, what, when, and where it was said. */
import { Timeline } from 'antd';
import type { AlarmFact } from '../../../../../core/alarm.ts';
import type { AlarmDetail } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { clockTitle, fullTime } from '../../shared/age.ts';
import { useNow } from '../../shared/use-now.ts';
import { authorTitle, factColor, factNote, factOf, factTitle, originTitle } from './fact-title.ts';

export function History({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  const facts = alarm.history
    .map((item) => factOf(item, alarm.id))
    .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return (
    <section className="detail-section">
      <h3>{t('alarm.timeline')}</h3>
      <Timeline
        items={facts.map((fact) => ({ key: fact.id, color: factColor(fact), content: <Fact fact={fact} /> }))}
      />
    </section>
  );
}

function Fact({ fact }: { fact: AlarmFact }) {
  const i18n = useI18n();
  const now = useNow(60_000);
  const note = factNote(fact);
  return (
    <div className="fact">
      <div className="fact-line">
        <strong>{factTitle(fact, i18n, (at) => clockTitle(at, now, i18n.locale))}</strong>
        {fact.late && <span className="chip">{i18n.t('alarm.late')}</span>}
        <time className="num muted" title={fullTime(fact.at, i18n.locale)} dateTime={new Date(fact.at).toISOString()}>
          {clockTitle(fact.at, now, i18n.locale)}
        </time>
      </div>
      {note && <blockquote>{note}</blockquote>}
      <div className="muted fact-who">
        {authorTitle(fact, i18n)} · {originTitle(fact, i18n)}
      </div>
    </div>
  );
}
