/** Makes a claim code for a gateway or a batch of devices, and shows it once with the lines that use it. */
import { Form, Input, InputNumber, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useGateways } from '../api/devices.ts';
import { type MadeClaim, useMakeClaim, type WantedClaim } from '../api/gateways.ts';
import { useCommunities } from '../api/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { fullTime } from '../shared/age.ts';
import { FormDialog } from '../shared/form-dialog.tsx';
import { KINDS } from '../shared/kinds.ts';
import { ShownOnce } from '../shared/shown-once.tsx';

const HOURS = [1, 8, 24, 72, 168, 720];
const DEVICES_MAX = 5_000;

export function ClaimDialog({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const make = useMakeClaim();
  const [isMade, setMade] = useState(false);
  if (isMade && make.data) return <CodeDialog claim={make.data} onClose={onClose} />;
  return (
    <FormDialog<WantedClaim>
      title={t('claim.title')}
      okText={t('claim.title')}
      initialValues={{ type: 'gateway', validHours: 24, usesMax: 20 } as Partial<WantedClaim>}
      send={(wanted) => make.mutateAsync(wanted)}
      onSent={() => setMade(true)}
      onClose={onClose}
    >
      <Form.Item name="type" label={t('claim.for')}>
        <Segmented
          block
          options={[
            { value: 'gateway', label: t('claim.gateway') },
            { value: 'devices', label: t('claim.devices') },
          ]}
        />
      </Form.Item>
      <ClaimFields />
    </FormDialog>
  );
}

/** A field that is not shown is not sent. */
function ClaimFields() {
  const { t, label } = useI18n();
  const communities = useCommunities();
  const { data: gateways = [] } = useGateways();
  const isForGateway = Form.useWatch('type') !== 'devices';
  const required = { required: true, message: t('app.required') };
  return (
    <>
      {isForGateway ? (
        <>
          <Form.Item name="communityId" label={t('device.community')} rules={[required]}>
            <Select options={communities.map(({ id, name }) => ({ value: id, label: name }))} />
          </Form.Item>
          <Form.Item
            key="new"
            name="gatewayId"
            label={t('claim.gatewayId')}
            extra={t('device.idHint')}
            rules={[required, { pattern: /^[a-z0-9-]{1,64}$/, message: t('device.idHint') }]}
          >
            <Input maxLength={64} />
          </Form.Item>
        </>
      ) : (
        <>
          <Form.Item key="known" name="gatewayId" label={t('claim.servedBy')} rules={[required]}>
            <Select options={gateways.map(({ id, name }) => ({ value: id, label: name || id }))} />
          </Form.Item>
          <Form.Item name="kinds" label={t('claim.kinds')} rules={[required]}>
            <Select mode="multiple" options={KINDS.map((value) => ({ value, label: label('kind', value) }))} />
          </Form.Item>
          <Form.Item name="usesMax" label={t('claim.usesMax')} rules={[required]}>
            <InputNumber min={1} max={DEVICES_MAX} precision={0} style={{ width: '100%' }} />
          </Form.Item>
        </>
      )}
      <Form.Item name="name" label={t('claim.name')} rules={[required]}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item name="validHours" label={t('claim.validHours')}>
        <Select
          options={HOURS.map((value) => ({
            value,
            label: value < 48 ? t('claim.hours', { n: value }) : t('claim.days', { n: value / 24 }),
          }))}
        />
      </Form.Item>
    </>
  );
}

function CodeDialog({ claim, onClose }: { claim: MadeClaim; onClose(): void }) {
  const { t, locale } = useI18n();
  const lines = claim.type === 'gateway' ? gatewayLines(claim.code) : deviceLines(claim);
  return (
    <ShownOnce
      title={claim.name}
      warning={t('claim.once', { until: fullTime(claim.expiresAt, locale) })}
      text={lines}
      onClose={onClose}
    >
      <div className="secret claim-code">{claim.code}</div>
      <p className="muted" style={{ margin: '12px 0 6px' }}>
        {t(claim.type === 'gateway' ? 'claim.howGateway' : 'claim.howDevices')}
      </p>
      <pre className="secret">{lines}</pre>
    </ShownOnce>
  );
}

function gatewayLines(code: string): string {
  return `claim:\n  url: ${location.origin}\n  code: ${code}\n`;
}

function deviceLines({ code, kinds }: MadeClaim): string {
  const body = JSON.stringify({
    code,
    device: { id: 'DEVICE-ID', kind: kinds[0], location: { building: '3', floor: 5 } },
  });
  return `curl ${location.origin}/api/claims/redeem \\\n  -H 'content-type: application/json' \\\n  -d '${body}'\n`;
}
