/** 交接班: the report of the shift, a word to the next one, giving and taking over. */
import { Alert, App, Button, Input, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useHandovers, useHandoverWord, useShiftReport } from '../api/manage.ts';
import { useCommunities } from '../api/session.ts';
import type { Handover } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useMay } from '../shared/use-may.ts';
import { useNow } from '../shared/use-now.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';
import { Report } from './report.tsx';

export function Component() {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const communities = useCommunities();
  const [chosen, setChosen] = useState<string>();
  const communityId = chosen ?? communities[0]?.id ?? '';
  const { data: report, error, isLoading } = useShiftReport(communityId);
  const now = useNow(60_000);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('handover.title')}</h1>
        <span className="muted">
          {t('handover.lead')} {report && t('handover.since', { time: clockTitle(report.fromAt, now, locale) })}
        </span>
        <span className="grow" />
        {communities.length > 1 && (
          <Select
            value={communityId}
            aria-label={t('device.community')}
            onChange={setChosen}
            options={communities.map(({ id, name }) => ({ value: id, label: name }))}
            style={{ minWidth: 150 }}
          />
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {report && <Report report={report} />}
      <Give communityId={communityId} />
      <Past communityId={communityId} />
    </div>
  );
}

function Give({ communityId }: { communityId: string }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const problem = useProblem();
  const word = useHandoverWord();
  const [note, setNote] = useState('');
  const give = () =>
    word.mutate(
      { give: { communityId, ...(note.trim() ? { note: note.trim() } : {}) } },
      {
        onSuccess: () => {
          setNote('');
          void message.success(t('handover.given'));
        },
        onError: problem,
      },
    );
  return (
    <section className="panel card" style={{ marginTop: 16 }}>
      <label htmlFor="handover-note">
        <h3 style={{ marginTop: 0 }}>{t('handover.note')}</h3>
      </label>
      <Input.TextArea
        id="handover-note"
        rows={3}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button type="primary" style={{ marginTop: 10 }} loading={word.isPending} onClick={give}>
        {t('handover.give')}
      </Button>
    </section>
  );
}

function Past({ communityId }: { communityId: string }) {
  const { t } = useI18n();
  const { data: handovers = [] } = useHandovers(communityId);
  if (handovers.length === 0) return null;
  return (
    <section className="panel card" style={{ marginTop: 16 }}>
      <div className="card-head">
        <h2>{t('handover.past')}</h2>
      </div>
      <ul className="gap-list" style={{ maxHeight: 'none' }}>
        {handovers.map((handover) => (
          <PastLine key={handover.id} handover={handover} />
        ))}
      </ul>
    </section>
  );
}

function PastLine({ handover }: { handover: Handover }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const { username } = useMay();
  const problem = useProblem();
  const word = useHandoverWord();
  const { acceptedBy, acceptedAt } = handover;
  return (
    <li>
      <span>
        <strong>{t('handover.givenBy', { name: handover.givenBy })}</strong>{' '}
        <span className="num muted">
          {clockTitle(handover.fromAt, now, locale)} – {clockTitle(handover.toAt, now, locale)}
        </span>
        {handover.note && <p style={{ whiteSpace: 'pre-line' }}>{handover.note}</p>}
      </span>
      {acceptedBy !== null && acceptedAt !== null && (
        <span className="muted">
          {t('handover.acceptedBy', { name: acceptedBy, time: clockTitle(acceptedAt, now, locale) })}
        </span>
      )}
      {acceptedBy === null && handover.givenBy === username && <span className="muted">{t('handover.waiting')}</span>}
      {acceptedBy === null && handover.givenBy !== username && (
        <Button
          type="primary"
          loading={word.isPending}
          onClick={() => word.mutate({ accept: handover.id }, { onError: problem })}
        >
          {t('handover.accept')}
        </Button>
      )}
    </li>
  );
}
