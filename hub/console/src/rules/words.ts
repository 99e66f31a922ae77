/** Parameters of rules in words: the name of each, and spans in the unit that people speak of. */
import type { I18n } from '../i18n/i18n.tsx';

/** Milliseconds as people say them: 90 s, 10 min, 6 h. */
export function exactSpanTitle(ms: number, { t }: I18n): string {
  if (ms >= 86_400_000 && ms % 86_400_000 === 0) return t('span.days', { n: ms / 86_400_000 });
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return t('span.hours', { n: ms / 3_600_000 });
  if (ms >= 60_000 && ms % 60_000 === 0) return t('span.minutes', { n: ms / 60_000 });
  return t('span.seconds', { n: ms / 1_000 });
}

/** Spans end in Ms, or in MsMin when they are a least one. */
export function isSpan(name: string): boolean {
  return /Ms(Min)?$/.test(name);
}

const CHOICES: Record<string, string> = {
  severities: 'severity',
  priority: 'ticket.priority',
  priorities: 'ticket.priority',
};

/** One of the words that a parameter may have. */
export function choiceTitle(name: string, choice: string, { label }: I18n): string {
  return label(CHOICES[name] ?? name, choice);
}

export function parametersTitle(parameters: Record<string, unknown>, i18n: I18n): string {
  const parts = Object.entries(parameters).map(([name, value]) => {
    const shown =
      isSpan(name) && typeof value === 'number'
        ? exactSpanTitle(value, i18n)
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
    return name === 'field' || name === 'event' ? shown : `${i18n.label('parameter', name)} ${shown}`;
  });
  const title = parts.join(' · ');
  return title.length > 160 ? `${title.slice(0, 157)}…` : title;
}
