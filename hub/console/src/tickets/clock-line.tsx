/** One clock of a work order: how it stands against what was promised. */
import { CheckCircleOutlined, ClockCircleOutlined, PauseCircleOutlined, WarningOutlined } from '@ant-design/icons';
import type { SlaClock } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { useNow } from '../shared/use-now.ts';

/** The last fifth of a promise is when somebody should hurry. */
const SOON_SHARE = 0.2;

export interface ClockView {
  tone: 'over' | 'soon' | 'met' | '';
  title: string;
}

export function clockView(clock: SlaClock, now: number, i18n: I18n): ClockView {
  const { t } = i18n;
  const spent = t('ticket.clock.done', { age: spanTitle(clock.spentMs, i18n) });
  switch (clock.state) {
    case 'met':
      return { tone: 'met', title: `${t('ticket.clock.met')} · ${spent}` };
    case 'missed':
      return { tone: 'over', title: `${t('ticket.clock.missed')} · ${spent}` };
    case 'paused':
      return { tone: '', title: t('ticket.clock.paused') };
    case 'void':
      return { tone: '', title: t('ticket.clock.void') };
    case 'late':
    case 'running': {
      if (clock.dueAt === null) return { tone: 'over', title: t('ticket.clock.late') };
      const left = clock.dueAt - now;
      if (left < 0) return { tone: 'over', title: t('age.over', { age: spanTitle(-left, i18n) }) };
      return {
        tone: left < clock.targetMs * SOON_SHARE ? 'soon' : '',
        title: t('age.left', { age: spanTitle(left, i18n) }),
      };
    }
  }
}

export function ClockLine({ clock, name }: { clock: SlaClock; name: string }) {
  const i18n = useI18n();
  const now = useNow(5_000);
  const view = clockView(clock, now, i18n);
  return (
    <span className={`clock-line num ${view.tone}`}>
      {icon(clock, view)} {name} {view.title}
    </span>
  );
}

function icon(clock: SlaClock, view: ClockView) {
  if (view.tone === 'over') return <WarningOutlined />;
  if (clock.state === 'met') return <CheckCircleOutlined />;
  return clock.state === 'paused' ? <PauseCircleOutlined /> : <ClockCircleOutlined />;
}
