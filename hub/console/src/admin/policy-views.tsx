/** Policies in words: chains of escalation step by step, and what becomes a work order when. */
import type { Role } from '../../../../core/role.ts';
import type { Severity } from '../../../../core/rule.ts';
import type { Text } from '../../../../core/text.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { exactSpanTitle } from '../rules/words.ts';
import { useRuleTitle } from '../shared/rule-titles.ts';
import { useCommunityName } from '../shared/use-community-name.ts';

interface Match {
  communityIds?: string[];
  kinds?: string[];
  rules?: string[];
  severities?: Severity[];
  lifeSafety?: boolean;
}

type Target =
  | { type: 'role'; role: Role }
  | { type: 'person'; username: string }
  | { type: 'channel'; channelId: string };

export interface EscalationValue {
  chains: {
    match: Match;
    steps: { title: Text; afterMs: number; to: Target[]; repeatEveryMs?: number; calendar?: string }[];
  }[];
}

export interface TicketsValue {
  entries: {
    match: Match;
    ticket: {
      category: string;
      priority: string;
      when: { type: 'at-once' | 'active' | 'unacked' | 'acknowledged'; afterMs?: number };
    } | null;
  }[];
}

export function EscalationChains({ value }: { value: EscalationValue }) {
  const i18n = useI18n();
  const { t, text } = i18n;
  const matchTitle = useMatchTitle();
  return (
    <ol className="manage-list">
      {value.chains.map(({ match, steps }) => (
        <li key={JSON.stringify(match)} className="panel manage-row">
          <div className="manage-main">
            <div className="manage-title">{matchTitle(match)}</div>
            <ol className="policy-steps">
              {steps.map((step) => (
                <li key={step.afterMs}>
                  <b>{text(step.title)}</b>{' '}
                  {step.afterMs === 0
                    ? t('policy.atOnce', { to: targetsTitle(step.to, i18n) })
                    : t('policy.step', {
                        after: exactSpanTitle(step.afterMs, i18n),
                        to: targetsTitle(step.to, i18n),
                      })}{' '}
                  <span className="muted">
                    {step.repeatEveryMs
                      ? t('policy.repeat', { every: exactSpanTitle(step.repeatEveryMs, i18n) })
                      : t('policy.once')}
                  </span>
                  {step.calendar && <span className="chip">{step.calendar}</span>}
                </li>
              ))}
            </ol>
          </div>
        </li>
      ))}
    </ol>
  );
}

export function TicketEntries({ value }: { value: TicketsValue }) {
  const i18n = useI18n();
  const { t, label } = i18n;
  const matchTitle = useMatchTitle();
  return (
    <ol className="manage-list">
      {value.entries.map(({ match, ticket }) => (
        <li key={JSON.stringify(match)} className="panel manage-row">
          <div className="manage-main">
            <div className="manage-title">{matchTitle(match)}</div>
            <div>
              {ticket
                ? t(`policy.when.${ticket.when.type}`, { after: exactSpanTitle(ticket.when.afterMs ?? 0, i18n) })
                : t('policy.none')}
            </div>
          </div>
          {ticket && (
            <div className="manage-actions">
              <span className="chip">{label('category', ticket.category)}</span>
              <span className="chip">{label('ticket.priority', ticket.priority)}</span>
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}

function useMatchTitle(): (match: Match) => string {
  const { t, label } = useI18n();
  const communityName = useCommunityName();
  const ruleTitle = useRuleTitle();
  return (match) =>
    [
      ...(match.communityIds ?? []).map(communityName),
      ...(match.lifeSafety ? [t('rules.lifeSafety')] : []),
      ...(match.severities ?? []).map((severity) => t(`severity.${severity}`)),
      ...(match.kinds ?? []).map((kind) => label('kind', kind)),
      ...(match.rules ?? []).map((name) => ruleTitle(name, match.kinds)),
    ].join(' · ') || t('policy.everything');
}

function targetsTitle(targets: readonly Target[], { t, list }: I18n): string {
  const titles = targets.map((target) => {
    if (target.type === 'role') return t(`role.${target.role}`);
    return target.type === 'person' ? target.username : t('policy.channel', { id: target.channelId });
  });
  return list(titles);
}
