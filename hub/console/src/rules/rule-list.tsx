/** The rules of a kind or one device: where each comes from, what it replaces, on or off, change, back, try. */
import { EditOutlined, ExperimentOutlined, PlusOutlined, UndoOutlined } from '@ant-design/icons';
import { Alert, Button, Empty, Select, Skeleton, Switch, Tooltip } from 'antd';
import { useState } from 'react';
import type { RuleSpec } from '../../../../core/rule.ts';
import { SeverityMark } from '../alarms/severity-mark.tsx';
import { useDevices } from '../api/devices.ts';
import { type EffectiveRuleItem, type RuleTarget, useResetRule, useRules, useSaveRule } from '../api/rules.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { KINDS } from '../shared/kinds.ts';
import { useMay } from '../shared/use-may.ts';
import { problemText, useProblem } from '../shared/use-problem.ts';
import { RuleDialog } from './rule-dialog.tsx';
import { TryDialog } from './try-dialog.tsx';
import { parametersTitle } from './words.ts';

export function RuleList({ communityId }: { communityId: string }) {
  const i18n = useI18n();
  const { t } = i18n;
  const [kind, setKind] = useState<string>('smoke-detector');
  const [deviceId, setDeviceId] = useState<string>();
  const target: RuleTarget = { communityId, kind, ...(deviceId ? { deviceId } : {}) };
  const { data: rules = [], error, isLoading } = useRules(communityId === '' ? undefined : target);
  const [editing, setEditing] = useState<RuleSpec | 'new' | null>(null);
  const [trying, setTrying] = useState<RuleSpec | null>(null);
  const may = useMay();
  return (
    <>
      <div className="form-line">
        <KindPicker
          value={kind}
          onChange={(next) => {
            setKind(next);
            setDeviceId(undefined);
          }}
        />
        <DevicePicker communityId={communityId} kind={kind} value={deviceId} onChange={setDeviceId} />
        <span className="grow" />
        {may.tuneRules && (
          <Button icon={<PlusOutlined />} onClick={() => setEditing('new')}>
            {t('rules.add')}
          </Button>
        )}
      </div>
      {error && <Alert type="error" title={problemText(error, i18n)} />}
      {isLoading && <Skeleton active />}
      {!isLoading && !error && rules.length === 0 && <Empty description={t('rules.none')} />}
      <ul className="manage-list">
        {rules.map((item) => (
          <RuleRow
            key={item.rule.id}
            item={item}
            target={target}
            onEdit={() => setEditing(item.rule)}
            onTry={() => setTrying(item.rule)}
          />
        ))}
      </ul>
      {editing && (
        <RuleDialog
          target={target}
          rule={editing === 'new' ? undefined : editing}
          taken={rules.map(({ rule }) => rule.id)}
          onClose={() => setEditing(null)}
        />
      )}
      {trying && <TryDialog target={target} rule={trying} onClose={() => setTrying(null)} />}
    </>
  );
}

function KindPicker({ value, onChange }: { value: string; onChange(kind: string): void }) {
  const { t, label } = useI18n();
  return (
    <Select
      value={value}
      aria-label={t('device.kind')}
      onChange={onChange}
      options={KINDS.map((kind) => ({ value: kind, label: label('kind', kind) }))}
      style={{ minWidth: 140 }}
    />
  );
}

function DevicePicker(props: {
  communityId: string;
  kind: string;
  value: string | undefined;
  onChange(id: string | undefined): void;
}) {
  const { t } = useI18n();
  const { data: devices = [] } = useDevices();
  const own = devices.filter((device) => device.communityId === props.communityId && device.kind === props.kind);
  return (
    <Select
      showSearch
      allowClear
      value={props.value}
      aria-label={t('rules.ofDevice')}
      placeholder={t('rules.allDevices')}
      onChange={props.onChange}
      options={own.map(({ id, name }) => ({ value: id, label: name ? `${name} (${id})` : id }))}
      optionFilterProp="label"
      style={{ minWidth: 200, flex: '0 1 320px' }}
    />
  );
}

function RuleRow(props: { item: EffectiveRuleItem; target: RuleTarget; onEdit(): void; onTry(): void }) {
  const i18n = useI18n();
  const { t, text, label } = i18n;
  const { item, target } = props;
  const { rule, from } = item;
  const { communityId, kind, deviceId } = target;
  const here = deviceId ? ({ scope: 'device', id: deviceId } as const) : ({ scope: 'kind', id: kind } as const);
  const save = useSaveRule();
  const reset = useResetRule();
  const problem = useProblem();
  const may = useMay();
  const isOn = rule.enabled !== false;
  return (
    <li className={`panel manage-row${isOn ? '' : ' is-off'}`}>
      <SeverityMark severity={rule.severity} size={22} />
      <div className="manage-main">
        <div className="manage-title">
          {text(rule.title)}
          <span className="muted num">{rule.id}</span>
          {rule.lifeSafety && <span className="chip chip-safety">{t('rules.lifeSafety')}</span>}
          {rule.latch && <span className="chip">{t('rules.latch')}</span>}
        </div>
        <div className="muted">
          {label('ruleType', rule.type)} · {parametersTitle(rule.with, i18n)}
        </div>
        <Inheritance item={item} />
      </div>
      <div className="manage-actions">
        {may.tuneRules && (
          <>
            <Tooltip title={isOn ? t('rules.switchOff') : t('rules.switchOn')}>
              <Switch
                checked={isOn}
                loading={save.isPending}
                aria-label={`${text(rule.title)}: ${isOn ? t('rules.switchOff') : t('rules.switchOn')}`}
                onChange={(enabled) =>
                  save.mutate({ communityId, ...here, rule: { ...rule, enabled } }, { onError: problem })
                }
              />
            </Tooltip>
            <Button icon={<ExperimentOutlined />} onClick={props.onTry}>
              {t('rules.try')}
            </Button>
            <Button icon={<EditOutlined />} onClick={props.onEdit}>
              {t('rules.edit')}
            </Button>
            {from === here.scope && (
              <Button
                icon={<UndoOutlined />}
                loading={reset.isPending}
                onClick={() => reset.mutate({ communityId, ...here, ruleId: rule.id }, { onError: problem })}
              >
                {t('rules.reset')}
              </Button>
            )}
          </>
        )}
      </div>
    </li>
  );
}

/** From the default to what holds here, in the order in which each replaced the one before. */
function Inheritance({ item: { rule, from, instead } }: { item: EffectiveRuleItem }) {
  const i18n = useI18n();
  const { t } = i18n;
  const chain = [...instead].reverse();
  return (
    <div className="inheritance">
      {chain.map((below) => (
        <Tooltip key={below.from} title={parametersTitle(below.rule.with, i18n)}>
          <span className="chip">{t(`rules.from.${below.from}`)}</span> <span aria-hidden="true">→</span>
        </Tooltip>
      ))}
      <span className={from === 'default' ? 'chip' : 'chip chip-brand'}>{t(`rules.from.${from}`)}</span>
      {chain[0] && JSON.stringify(chain[0].rule.with) !== JSON.stringify(rule.with) && (
        <span className="muted">
          {t('rules.inherited', { what: parametersTitle(chain.at(-1)?.rule.with ?? {}, i18n) })}
        </span>
      )}
    </div>
  );
}
