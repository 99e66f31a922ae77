/** What a person chose on this machine: language, day or night, sound. Kept in localStorage, never on the hub. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

interface Preferences {
  language: 'zh' | 'en';
  theme: 'auto' | 'light' | 'dark';
  sound: boolean;
}

interface PreferencesState extends Preferences {
  /** The theme that holds now: what was chosen, or by the hour. */
  dark: boolean;
  set(change: Partial<Preferences>): void;
}

const KEY = 'linli.preferences';
const DEFAULTS: Preferences = { language: 'zh', theme: 'auto', sound: true };

const PreferencesContext = createContext<PreferencesState>({ ...DEFAULTS, dark: false, set: () => undefined });

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [preferences, setPreferences] = useState(load);
  const hour = useHour();
  const dark = preferences.theme === 'dark' || (preferences.theme === 'auto' && isNight(hour));

  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    document.documentElement.lang = preferences.language === 'zh' ? 'zh-CN' : 'en';
  }, [dark, preferences.language]);

  const state = useMemo<PreferencesState>(
    () => ({
      ...preferences,
      dark,
      set: (change) =>
        setPreferences((before) => {
          const after = { ...before, ...change };
          save(after);
          return after;
        }),
    }),
    [preferences, dark],
  );
  return <PreferencesContext value={state}>{children}</PreferencesContext>;
}

export function usePreferences(): PreferencesState {
  return useContext(PreferencesContext);
}

/** The guard's night shift: a bright screen in a dark booth blinds towards the window. */
function isNight(hour: number): boolean {
  return hour >= 19 || hour < 7;
}

function useHour(): number {
  const [hour, setHour] = useState(() => new Date().getHours());
  useEffect(() => {
    const timer = setInterval(() => setHour(new Date().getHours()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return hour;
}

function load(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return { ...DEFAULTS, ...(stored as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

function save(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A browser that keeps nothing (private mode) still works for this visit.
  }
}
