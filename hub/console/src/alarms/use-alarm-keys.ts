/** The keyboard of the alarm console: what is selected follows the alarm, never the position. */
import { App } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useAlarmAction } from '../api/alarms.ts';
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { OpenAlarms } from '../live/apply.ts';
import { useMay } from '../shared/use-may.ts';
import { needsAck } from './order.ts';
import { useKeys } from './use-keys.ts';
import { useWatch } from './watch.tsx';

interface Options {
  rows: readonly AlarmItem[];
  all: OpenAlarms | undefined;
  /** The alarm whose detail is open. */
  openId: string | undefined;
}

export function useAlarmKeys({ rows, all, openId }: Options) {
  const navigate = useNavigate();
  const [chosenId, select] = useState<string | undefined>(openId);
  const [help, setHelp] = useState(false);
  const [shelving, setShelving] = useState<AlarmItem | null>(null);
  const may = useMay();
  const { silence } = useWatch();
  const { ack, verdict } = useQuickActions();
  const selectedId = openId ?? chosenId;
  const selected = selectedId === undefined ? undefined : all?.get(selectedId);

  const move = (step: number) => {
    const index = rows.findIndex((alarm) => alarm.id === selectedId);
    const next =
      rows[index < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, index + step))];
    if (!next) return;
    select(next.id);
    // With the detail open it follows, so that a guard reads through the list with one key.
    if (openId) navigate(`/alarms/${next.id}`, { replace: true });
  };
  const judge = (word: 'true' | 'false' | 'unsure') => {
    if (selected?.kind === 'high-throw-camera' && may.handleAlarms) verdict(selected, word);
  };

  useKeys({
    j: () => move(1),
    arrowdown: () => move(1),
    k: () => move(-1),
    arrowup: () => move(-1),
    enter: () => selected && navigate(`/alarms/${selected.id}`),
    // With nothing selected the key means the alarm on top: the first of the list is the most pressing.
    a: () => {
      const target = selected ?? rows[0];
      if (target && may.handleAlarms && needsAck(target)) ack(target);
    },
    s: () => selected && may.handleAlarms && setShelving(selected),
    m: () => silence([...(all?.values() ?? [])].filter((alarm) => alarm.state === 'unacked')),
    t: () => judge('true'),
    f: () => judge('false'),
    u: () => judge('unsure'),
    '/': () => document.getElementById('alarm-search')?.focus(),
    '?': () => setHelp(true),
    escape: () => openId && navigate('/alarms'),
  });

  useEffect(() => {
    if (selectedId)
      document.querySelector(`[data-alarm="${CSS.escape(selectedId)}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [selectedId]);

  return { selectedId, select, help, setHelp, shelving, setShelving, ack };
}

function useQuickActions() {
  const { mutate } = useAlarmAction();
  const { message } = App.useApp();
  const { t, text } = useI18n();
  const ack = useCallback(
    (alarm: AlarmItem) =>
      mutate(
        { id: alarm.id, call: { action: 'ack', body: {} } },
        { onSuccess: () => void message.success(`${t('alarm.ackDone')}: ${text(alarm.title)}`) },
      ),
    [mutate, message, t, text],
  );
  const verdict = useCallback(
    (alarm: AlarmItem, word: 'true' | 'false' | 'unsure') =>
      mutate(
        { id: alarm.id, call: { action: 'verdict', body: { verdict: word } } },
        { onSuccess: () => void message.success(`${t('alarm.verdict')}: ${t(`alarm.verdict.${word}`)}`) },
      ),
    [mutate, message, t],
  );
  return { ack, verdict };
}
