/** Spans and instants for people. Pure: the present is handed in. */
import type { I18n } from '../i18n/i18n.tsx';

export function spanTitle(ms: number, { t }: I18n): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('age.seconds', { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return t('age.minutes', { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('age.hours', { n: hours });
  return t('age.days', { n: Math.floor(hours / 24) });
}

export function ageTitle(at: number, now: number, i18n: I18n): string {
  if (now - at < 3_000) return i18n.t('age.now');
  return i18n.t('age.ago', { age: spanTitle(now - at, i18n) });
}

/** 14:05:09 today, 11-23 14:05 before. */
export function clockTitle(at: number, now: number, locale: string): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(locale, {
    ...(sameDay ? {} : { month: '2-digit', day: '2-digit' }),
    hour: '2-digit',
    minute: '2-digit',
    ...(sameDay ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
  }).format(at);
}

export function fullTime(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(at);
}
