/** The sorted list with incidents folded together, and the muted alarms below with their reasons. */
import { DownOutlined, RightOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { AlarmItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { AlarmRow } from './alarm-row.tsx';
import { MutedWhy } from './muted-why.tsx';
import { type AlarmGroup, needsAck } from './order.ts';
import { soundKey } from './sounding.ts';
import { useWatch } from './watch.tsx';

export interface ListProps {
  groups: readonly AlarmGroup[];
  muted: readonly AlarmItem[];
  folded: ReadonlySet<string>;
  selectedId: string | undefined;
  mayAck: boolean;
  communityName(id: string): string;
  onFold(key: string): void;
  onOpen(alarm: AlarmItem): void;
  onAck(alarm: AlarmItem): void;
}

export function AlarmList(props: ListProps) {
  const { groups, muted } = props;
  return (
    <>
      {groups.length > 0 && (
        <ul className="rows panel">
          {groups.map((group) => (
            <li key={group.key} className={group.alarms.length > 1 ? 'incident' : undefined}>
              <Group {...props} group={group} />
            </li>
          ))}
        </ul>
      )}
      {muted.length > 0 && <Muted {...props} />}
    </>
  );
}

function Group({ group, folded, onFold, ...list }: ListProps & { group: AlarmGroup }) {
  const { t } = useI18n();
  const isFolded = folded.has(group.key);
  const waiting = group.alarms.filter(needsAck);
  const shown = isFolded ? group.alarms.slice(0, 1) : group.alarms;
  return (
    <>
      {group.alarms.length > 1 && (
        <div className="incident-head">
          <button type="button" aria-expanded={!isFolded} onClick={() => onFold(group.key)}>
            {isFolded ? <RightOutlined /> : <DownOutlined />}
            {t('alarm.incident', { n: group.alarms.length })}
          </button>
          {list.mayAck && waiting.length > 1 && (
            <Button size="small" onClick={() => waiting.forEach(list.onAck)}>
              {t('alarm.ackAll', { n: waiting.length })}
            </Button>
          )}
        </div>
      )}
      {shown.map((alarm, index) => (
        <Row key={alarm.id} alarm={alarm} member={index > 0} {...list} />
      ))}
    </>
  );
}

function Row({
  alarm,
  member,
  ...list
}: Omit<ListProps, 'folded' | 'onFold' | 'groups' | 'muted'> & { alarm: AlarmItem; member: boolean }) {
  const { silenced } = useWatch();
  return (
    <AlarmRow
      alarm={alarm}
      member={member}
      communityName={list.communityName(alarm.communityId)}
      selected={alarm.id === list.selectedId}
      silenced={silenced.has(soundKey(alarm))}
      mayAck={list.mayAck}
      onOpen={list.onOpen}
      onAck={list.onAck}
    />
  );
}

/** Folded, never hidden: the count is always on the screen, the reasons one click away. */
function Muted({ muted, ...list }: ListProps) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  return (
    <section className="panel folded">
      <button type="button" className="folded-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? <DownOutlined /> : <RightOutlined />}
        <b>
          {t('muted.title')} · {muted.length}
        </b>
        <span className="why">{t('muted.hint')}</span>
      </button>
      {open && (
        <ul className="rows">
          {muted.map((alarm) => (
            <li key={alarm.id}>
              <Row alarm={alarm} member={false} {...list} />
              <div className="row-why">
                <MutedWhy alarm={alarm} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
