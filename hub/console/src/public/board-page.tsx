/** 信息公开栏: what was promised and what was kept, on a screen at the gate or on a phone. */
import { useParams } from 'react-router';
import { useBoard } from '../api/public.ts';
import type { PublicBoard, Share } from '../api/public-types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';
import { PublicFrame } from './public-frame.tsx';

/** Below this a share says more about chance than about work. */
const CASES_MIN = 5;

export function Component() {
  const { communityId = '' } = useParams();
  const { t, locale } = useI18n();
  const { data: board, error } = useBoard(communityId);
  const now = useNow(30_000);
  return (
    <PublicFrame title={t('board.title')} subtitle={board?.community.name}>
      {error && !board && <p className="public-danger">{t('error.notFound')}</p>}
      {board && (
        <div className="gate-board">
          <section className="gate-figures">
            <Rate title={t('board.respond')} share={board.rates.response} />
            <Rate title={t('board.solve')} share={board.rates.solution} />
            <Rate title={t('board.onTime')} share={board.onTimeRate} />
            <Rate title={t('board.satisfied')} share={board.rates.satisfaction} />
          </section>
          <Counts board={board} />
          <Latest board={board} />
          <aside>
            <Notices board={board} />
            <a className="big-button" href={`/report/${communityId}`}>
              {t('report.title')}
            </a>
          </aside>
          <p className="public-foot">
            {t('board.window', { n: board.windowDays })} ·{' '}
            {t('board.updated', { time: clockTitle(board.at, now, locale) })}
          </p>
        </div>
      )}
    </PublicFrame>
  );
}

function Rate({ title, share }: { title: string; share: Share }) {
  const { t } = useI18n();
  const few = share.value === null || share.cases < CASES_MIN;
  return (
    <div className="gate-rate">
      <span>{title}</span>
      <b className="num">{few || share.value === null ? '—' : `${Math.round(share.value * 100)}%`}</b>
      <small>
        {few ? `${t('board.few')} · ` : ''}
        {t('board.sample', { n: share.cases })}
      </small>
    </div>
  );
}

function Counts({ board }: { board: PublicBoard }) {
  const { t } = useI18n();
  const { counts } = board;
  return (
    <section className="gate-counts">
      <div>
        <b className="num">{counts.open}</b> {t('board.open')}
      </div>
      <div className={counts.overdue > 0 ? 'bad' : ''}>
        <b className="num">{counts.overdue}</b> {t('board.overdue')}
      </div>
      <div>
        <b className="num">{counts.createdInWindow}</b> {t('board.created')}
      </div>
      <div>
        <b className="num">{counts.closedInWindow}</b> {t('ticket.state.closed')}
      </div>
    </section>
  );
}

function Latest({ board }: { board: PublicBoard }) {
  const { t, text, locale } = useI18n();
  const now = useNow(60_000);
  return (
    <section className="gate-latest">
      <h2>{t('board.recent')}</h2>
      {board.latest.length === 0 && <p>{t('board.none')}</p>}
      <ul>
        {board.latest.map((ticket) => (
          <li key={ticket.number}>
            <span className="num">#{ticket.number}</span>
            <strong>{text(ticket.title)}</strong>
            <span>{ticket.place}</span>
            <span className={`gate-state state-${ticket.state}`}>{t(`ticket.state.${ticket.state}`)}</span>
            <time className="num">{clockTitle(ticket.resolvedAt ?? ticket.createdAt, now, locale)}</time>
            <span role="img" aria-label={ticket.stars ? t('progress.star', { n: ticket.stars }) : ''}>
              {'★'.repeat(ticket.stars ?? 0)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Notices({ board }: { board: PublicBoard }) {
  const { t } = useI18n();
  if (board.notices.length === 0) return null;
  return (
    <section className="public-card">
      <h2>{t('board.notices')}</h2>
      {board.notices.map((notice) => (
        <article key={notice.id}>
          <strong>{notice.title}</strong>
          <p style={{ whiteSpace: 'pre-line' }}>{notice.body}</p>
        </article>
      ))}
    </section>
  );
}
