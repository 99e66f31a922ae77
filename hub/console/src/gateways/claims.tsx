/** The claim codes that were made: which are open, which are used, and the button that takes one back. */
import { App, Button } from 'antd';
import { useClaims, useRevokeClaim } from '../api/gateways.ts';
import type { ClaimItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { clockTitle } from '../shared/age.ts';
import { useCommunityName } from '../shared/use-community-name.ts';
import { useNow } from '../shared/use-now.ts';
import { useProblem } from '../shared/use-problem.ts';

export function Claims() {
  const { t } = useI18n();
  const { data: claims = [] } = useClaims();
  if (claims.length === 0) return null;
  return (
    <section className="panel card" aria-label={t('claim.list')}>
      <div className="card-head">
        <h2>{t('claim.list')}</h2>
      </div>
      <ul className="gap-list">
        {claims.map((claim) => (
          <ClaimLine key={claim.id} claim={claim} />
        ))}
      </ul>
    </section>
  );
}

function ClaimLine({ claim }: { claim: ClaimItem }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const communityName = useCommunityName();
  const { modal } = App.useApp();
  const revoke = useRevokeClaim();
  const problem = useProblem();
  const ask = () =>
    modal.confirm({
      title: t('claim.revokeAsk'),
      okText: t('claim.revoke'),
      cancelText: t('app.cancel'),
      onOk: () => revoke.mutateAsync(claim.id).catch(problem),
    });
  return (
    <li>
      <span>
        {t('claim.line', {
          name: claim.name,
          uses: claim.uses,
          usesMax: claim.usesMax,
          until: clockTitle(claim.expiresAt, now, locale),
        })}
      </span>
      <span className="muted">
        {communityName(claim.communityId)} · {claim.gatewayId} · {t(`claim.state.${claim.state}`)}{' '}
        {claim.state === 'open' && (
          <Button size="small" danger onClick={ask}>
            {t('claim.revoke')}
          </Button>
        )}
      </span>
    </li>
  );
}
