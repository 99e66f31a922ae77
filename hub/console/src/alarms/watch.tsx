/**
 * The watch over open alarms that goes on whichever page is shown: sound, banner of what just
 * arrived, count in title and favicon, and what has been silenced.
 */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useOpenAlarms } from '../api/alarms.ts';
import type { AlarmItem } from '../api/types.ts';
import { usePreferences } from '../app/preferences.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { useLive } from '../live/live.tsx';
import { showCount } from './favicon.ts';
import { useFlash } from './flash.ts';
import { needsAck } from './order.ts';
import { createSiren, PATTERNS } from './sound.ts';
import { sounding, soundKey } from './sounding.ts';

interface Watch {
  unackedCount: number;
  /** The newest alarm that just came; null once it was dismissed or some seconds passed. */
  arrived: AlarmItem | null;
  dismiss(): void;
  silenced: ReadonlySet<string>;
  /** What is heard now, whether or not the sound is on. */
  soundingAlarms: readonly AlarmItem[];
  silence(alarms: readonly AlarmItem[]): void;
  /** Sound is wanted, but the browser waits for a touch. */
  locked: boolean;
  unlock(): void;
}

const WatchContext = createContext<Watch>({
  unackedCount: 0,
  arrived: null,
  dismiss: () => undefined,
  silenced: new Set(),
  soundingAlarms: [],
  silence: () => undefined,
  locked: false,
  unlock: () => undefined,
});

const BANNER_MS = 12_000;

export function WatchProvider({ children }: { children: ReactNode }) {
  const { data: open } = useOpenAlarms();
  const alarms = useMemo(() => [...(open?.values() ?? [])], [open]);
  const [silenced, setSilenced] = useState<ReadonlySet<string>>(new Set());
  const { locked, unlock } = useSiren(alarms, silenced);
  const { arrived, dismiss } = useArrivals(alarms);
  const unackedCount = alarms.filter(needsAck).length;
  useTitleCount(unackedCount);
  useFlash(unackedCount > 0);

  const silence = useCallback(
    (chosen: readonly AlarmItem[]) => setSilenced((before) => new Set([...before, ...chosen.map(soundKey)])),
    [],
  );
  const soundingAlarms = useMemo(
    () => alarms.filter((alarm) => alarm.state === 'unacked' && !silenced.has(soundKey(alarm))),
    [alarms, silenced],
  );
  const watch = useMemo<Watch>(
    () => ({ unackedCount, arrived, dismiss, silenced, soundingAlarms, silence, locked, unlock }),
    [unackedCount, arrived, dismiss, silenced, soundingAlarms, silence, locked, unlock],
  );
  return <WatchContext value={watch}>{children}</WatchContext>;
}

export function useWatch(): Watch {
  return useContext(WatchContext);
}

function useSiren(alarms: readonly AlarmItem[], silenced: ReadonlySet<string>) {
  const { sound } = usePreferences();
  const [siren] = useState(createSiren);
  const [locked, setLocked] = useState(true);
  const severity = sounding(alarms, silenced);

  const unlock = useCallback(() => {
    void siren.unlock().then(() => setLocked(siren.locked));
  }, [siren]);

  useEffect(() => {
    if (!locked) return;
    // At the end of a click, so that nothing on the page moves under the finger in its middle.
    addEventListener('click', unlock, true);
    addEventListener('keydown', unlock);
    return () => {
      removeEventListener('click', unlock, true);
      removeEventListener('keydown', unlock);
    };
  }, [locked, unlock]);

  useEffect(() => {
    if (!sound || locked || !severity) return;
    siren.play(severity);
    const { everyMs } = PATTERNS[severity];
    if (everyMs === null) return;
    const timer = setInterval(() => siren.play(severity), everyMs);
    return () => clearInterval(timer);
  }, [sound, locked, severity, siren]);

  return { locked: sound && locked, unlock };
}

/** An alarm has just arrived when a live event brings an activation that was not open before. */
function useArrivals(alarms: readonly AlarmItem[]) {
  const { onAlarms } = useLive();
  const [arrived, setArrived] = useState<AlarmItem | null>(null);
  const known = useRef(new Set<string>());
  for (const alarm of alarms) known.current.add(soundKey(alarm));

  useEffect(
    () =>
      onAlarms((changes) => {
        const fresh = changes.filter(
          (alarm) => alarm.state === 'unacked' && alarm.history !== true && !known.current.has(soundKey(alarm)),
        );
        for (const alarm of fresh) known.current.add(soundKey(alarm));
        const newest = fresh.at(-1);
        if (newest) setArrived(fresh.find((alarm) => alarm.lifeSafety) ?? newest);
      }),
    [onAlarms],
  );
  useEffect(() => {
    if (!arrived) return;
    const timer = setTimeout(() => setArrived(null), BANNER_MS);
    return () => clearTimeout(timer);
  }, [arrived]);

  const current = alarms.find((alarm) => alarm.id === arrived?.id);
  const shown = arrived && (current === undefined || current.state === 'unacked') ? arrived : null;
  return { arrived: shown, dismiss: useCallback(() => setArrived(null), []) };
}

function useTitleCount(count: number): void {
  const { t } = useI18n();
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ''}${t('app.name')} Linli`;
    showCount(count);
  }, [count, t]);
}
