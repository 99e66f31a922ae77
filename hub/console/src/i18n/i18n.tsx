/** Language of the interface. The dictionary is small, so both languages ship together and switching is instant. */
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { Text } from '../../../../core/text.ts';
import { usePreferences } from '../app/preferences.tsx';
import { en } from './en.ts';
import { type MessageKey, zh } from './zh.ts';

type Language = 'zh' | 'en';

export type { MessageKey };

type Parameters = Record<string, string | number>;

export interface I18n {
  language: Language;
  locale: 'zh-CN' | 'en-GB';
  t(key: MessageKey, parameters?: Parameters): string;
  /** A key made of parts that come from the API. What the dictionary lacks is shown by the words for any other (`category.*`), or as it is. */
  label(prefix: string, value: string): string;
  text(value: Text | string | null | undefined): string;
  /** Words in a row, as the language separates them. */
  list(words: readonly string[]): string;
}

const dictionaries = { zh, en } as const;

function createI18n(language: Language): I18n {
  const words: Record<string, string> = dictionaries[language];
  return {
    language,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    t: (key, parameters) => fill(words[key] ?? key, parameters),
    label: (prefix, value) => words[`${prefix}.${value}`] ?? fill(words[`${prefix}.*`] ?? value, { value }),
    text: (value) => (typeof value === 'string' ? value : (value?.[language] ?? value?.zh ?? '')),
    list: (all) => all.join(language === 'zh' ? '、' : ', '),
  };
}

function fill(message: string, parameters: Parameters | undefined): string {
  if (!parameters) return message;
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}

const I18nContext = createContext<I18n>(createI18n('zh'));

export function I18nProvider({ children }: { children: ReactNode }) {
  const { language } = usePreferences();
  const i18n = useMemo(() => createI18n(language), [language]);
  return <I18nContext value={i18n}>{children}</I18nContext>;
}

export function useI18n(): I18n {
  return useContext(I18nContext);
}
