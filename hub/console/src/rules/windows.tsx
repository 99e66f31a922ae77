/** Planned silence: maintenance and fire tests, in force or to come, with who, why and until when. */
import { PlusOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Form, Input, Popconfirm, Segmented, Select, Skeleton } from 'antd';
import { useState } from 'react';
import type { MuteWindow } from '../../../../core/mute-window.ts';
import { useWindows, useWindowWord } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime, spanTitle } from '../shared/age.ts';
import { FormDialog } from '../shared/form-dialog.tsx';
import { KINDS } from '../shared/kinds.ts';
import { instantOf, localInstant } from '../shared/local-instant.ts';
import { locationOf, type Place, PlaceFields } from '../shared/place-fields.tsx';
import { useRuleTitle } from '../shared/rule-titles.ts';
import { useMay } from '../shared/use-may.ts';
import { useNow } from '../shared/use-now.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';

export function Windows({ communityId }: { communityId: string }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { data: windows = [], error, isLoading } = useWindows(communityId);
  const [planning, setPlanning] = useState(false);
  const may = useMay();
  return (
    <>
      <div className="form-line">
        <span className="muted">{t('window.lead')}</span>
        <span className="grow" />
        {may.tuneRules && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setPlanning(true)}>
            {t('window.plan')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && windows.length === 0 && <Empty description={t('window.none')} />}
      <ul className="manage-list">
        {windows.map((window) => (
          <WindowRow key={window.id} window={window} mayEnd={may.tuneRules} />
        ))}
      </ul>
      {planning && <PlanDialog communityId={communityId} onClose={() => setPlanning(false)} />}
    </>
  );
}

function WindowRow({ window, mayEnd }: { window: MuteWindow; mayEnd: boolean }) {
  const i18n = useI18n();
  const { t, label, locale } = i18n;
  const now = useNow(15_000);
  const ruleTitle = useRuleTitle();
  const word = useWindowWord();
  const problem = useProblem();
  const isNow = window.fromAt <= now;
  const { building, unit, zone, kinds, deviceIds, rules } = window.match;
  const where = [
    building && t('window.building', { n: building }),
    unit && t('window.unit', { n: unit }),
    zone,
    ...(kinds ?? []).map((kind) => label('kind', kind)),
    ...(deviceIds ?? []),
    ...(rules ?? []).map((name) => ruleTitle(name, kinds)),
  ].filter(Boolean);
  return (
    <li className="panel manage-row">
      <div className="manage-main">
        <div className="manage-title">
          <span className={isNow ? 'chip chip-brand' : 'chip'}>{t(isNow ? 'window.now' : 'window.later')}</span>
          {t(`window.type.${window.type}`)}
          <span className="muted">{where.length > 0 ? where.join(' · ') : t('window.everything')}</span>
        </div>
        <div>{window.reason}</div>
        <div className="muted num">
          {fullTime(window.fromAt, locale)} – {fullTime(window.untilAt, locale)} · {t('window.by', { name: window.by })}
          {isNow && ` · ${t('age.left', { age: spanTitle(window.untilAt - now, i18n) })}`}
        </div>
      </div>
      {mayEnd && (
        <div className="manage-actions">
          <Popconfirm
            title={t('window.endSure')}
            okText={t('window.end')}
            cancelText={t('app.cancel')}
            onConfirm={() => word.mutate({ end: window.id }, { onError: problem })}
          >
            <Button danger loading={word.isPending}>
              {t('window.end')}
            </Button>
          </Popconfirm>
        </div>
      )}
    </li>
  );
}

const HOUR_MS = 3_600_000;

interface Fields extends Place {
  type: MuteWindow['type'];
  from: string;
  until: string;
  reason: string;
  kinds?: string[];
}

function PlanDialog({ communityId, onClose }: { communityId: string; onClose(): void }) {
  const { t, label } = useI18n();
  const word = useWindowWord();
  const [openedAt] = useState(Date.now);
  const required = { required: true, message: t('app.required') };
  const checkEnd = async (from: string, until: string) => {
    if (instantOf(until) <= Math.max(Date.now(), instantOf(from))) throw new Error(t('window.past'));
    if (instantOf(until) - instantOf(from) > 31 * 24 * HOUR_MS) throw new Error(t('window.tooLong'));
  };
  const send = ({ type, from, until, reason, kinds = [], ...place }: Fields) => {
    const span = { fromAt: instantOf(from), untilAt: instantOf(until) };
    const match = { ...locationOf(place), ...(kinds.length > 0 && { kinds }) };
    return word.mutateAsync({ plan: { communityId, type, reason, ...span, match } });
  };
  return (
    <FormDialog<Fields>
      title={t('window.plan')}
      okText={t('window.plan')}
      initialValues={{
        type: 'maintenance',
        from: localInstant(openedAt),
        until: localInstant(openedAt + 2 * HOUR_MS),
      }}
      send={send}
      onClose={onClose}
    >
      <Form.Item name="type" label={t('window.type')}>
        <Segmented
          options={(['maintenance', 'fire-test'] as const).map((value) => ({
            value,
            label: t(`window.type.${value}`),
          }))}
        />
      </Form.Item>
      <div className="form-grid">
        <Form.Item name="from" label={t('window.from')} rules={[required]}>
          <Input type="datetime-local" />
        </Form.Item>
        <Form.Item
          name="until"
          label={t('window.until')}
          dependencies={['from']}
          rules={[
            required,
            ({ getFieldValue }) => ({ validator: (_, until) => checkEnd(getFieldValue('from'), until) }),
          ]}
        >
          <Input type="datetime-local" />
        </Form.Item>
      </div>
      <Form.Item name="reason" label={t('window.reason')} rules={[required]}>
        <Input maxLength={500} autoFocus />
      </Form.Item>
      <p className="muted">{t('window.matchHint')}</p>
      <PlaceFields parts={['building', 'unit', 'zone']} />
      <Form.Item name="kinds" label={t('device.kind')}>
        <Select mode="multiple" allowClear options={KINDS.map((value) => ({ value, label: label('kind', value) }))} />
      </Form.Item>
    </FormDialog>
  );
}
