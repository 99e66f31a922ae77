/** Says a failed call in words that help, as a message on top of the page. */
import { App } from 'antd';
import { useCallback } from 'react';
import { ApiError } from '../api/client.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { faultsOf } from './faults.ts';

const FAULTS_SHOWN = 3;

export function useProblem(): (error: unknown) => void {
  const { message } = App.useApp();
  const i18n = useI18n();
  return useCallback((error: unknown) => void message.error(problemText(error, i18n)), [message, i18n]);
}

export function problemText(error: unknown, { t }: I18n): string {
  if (!(error instanceof ApiError)) return t('error.generic', { message: String(error) });
  if (error.code === 'network') return t('error.network');
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404) return t('error.notFound');
  if (error.status === 409) return t('error.conflict', { message: error.message });
  const faults = faultsOf(error).slice(0, FAULTS_SHOWN);
  const named = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return t('error.generic', { message: named || error.message });
}
