/** A device's newest values, each with its age and, when it is not plainly good, its quality. */
import type { LatestValue } from '../../../../core/reading.ts';
import type { DeviceItem } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { spanTitle } from '../shared/age.ts';
import { isCommon, latestValues } from '../shared/fields.ts';
import { valueTitle } from '../shared/kinds.ts';
import { useNow } from '../shared/use-now.ts';

/** Older than this a value is drawn as old: it may no longer hold. */
const STALE_MS = 15 * 60_000;

export function Values({ device, max = 3 }: { device: DeviceItem; max?: number }) {
  const shown = latestValues(device)
    .filter((value) => !isCommon(value.field))
    .slice(0, max);
  return (
    <span>
      {shown.map((value) => (
        <Value key={value.field} value={value} />
      ))}
    </span>
  );
}

function Value({ value }: { value: LatestValue }) {
  const i18n = useI18n();
  const { t, label } = i18n;
  const now = useNow(5_000);
  const age = ageOf(value, now);
  return (
    <span className={age > STALE_MS ? 'value stale' : 'value'}>
      <small>{label('field', value.field)}</small>
      <b className="num">{valueTitle(value.field, value.value, { yes: t('app.yes'), no: t('app.no') })}</b>
      <small className="num">
        {spanTitle(age, i18n)}
        {value.quality === 'good' ? '' : ` · ${t(`device.quality.${value.quality}`)}`}
      </small>
    </span>
  );
}

export function ValueCards({
  device,
  field,
  onField,
}: {
  device: DeviceItem;
  field: string;
  onField(field: string): void;
}) {
  const i18n = useI18n();
  const { t, label } = i18n;
  const now = useNow(5_000);
  return (
    <div className="value-grid">
      {latestValues(device).map((value) => (
        <button
          key={value.field}
          type="button"
          className="value-card"
          aria-pressed={value.field === field}
          disabled={typeof value.value === 'string'}
          onClick={() => onField(value.field)}
        >
          <small>{label('field', value.field)}</small>
          <b className="num">{valueTitle(value.field, value.value, { yes: t('app.yes'), no: t('app.no') })}</b>
          <small className="num">
            {t('age.ago', { age: spanTitle(ageOf(value, now), i18n) })} · {t(`device.quality.${value.quality}`)}
          </small>
        </button>
      ))}
    </div>
  );
}

/** By one clock, though a gateway's may be wrong. */
function ageOf({ at, skewMs = 0 }: LatestValue, now: number): number {
  return now - (at - skewMs);
}
