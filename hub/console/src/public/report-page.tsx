/** 一键报事: a resident's report. Four large steps, no account; made for a thumb and for eyes that need large letters. */
import { type FormEvent, useRef, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ApiError } from '../api/client.ts';
import { useBoard, useSendReport } from '../api/public.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { CategoryChips } from './category-chips.tsx';
import { PhotoPicker } from './photo-picker.tsx';
import { PublicFrame } from './public-frame.tsx';

export function Component() {
  const { communityId = '' } = useParams();
  const { t } = useI18n();
  const { data: board } = useBoard(communityId);
  return (
    <PublicFrame title={t('report.title')} subtitle={board?.community.name}>
      <Danger />
      <p className="public-lead">{t('report.lead')}</p>
      <ReportForm communityId={communityId} />
    </PublicFrame>
  );
}

/** Before the form: who is in danger must not fill one in. A number calls at a touch. */
function Danger() {
  const { t } = useI18n();
  const numbers = ['119', '120', '110'] as const;
  return (
    <p className="public-danger">
      {t('report.danger')}
      <span className="public-calls">
        {numbers.map((number) => (
          <a key={number} href={`tel:${number}`}>
            {number} {t(`report.call.${number}`)}
          </a>
        ))}
      </span>
    </p>
  );
}

function ReportForm({ communityId }: { communityId: string }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const send = useSendReport();
  const [category, setCategory] = useState('');
  const [photos, setPhotos] = useState<File[]>([]);
  const [fault, setFault] = useState('');
  const place = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const phone = useRef<HTMLInputElement>(null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (category === '') return setFault(t('report.needCategory'));
    const where = place.current?.value.trim() ?? '';
    if (where === '') {
      place.current?.focus();
      return setFault(t('report.needText'));
    }
    setFault('');
    const words = text.current?.value.trim() ?? '';
    send.mutate(
      {
        communityId,
        category,
        // The words themselves make the better title; the category stands in when there are none.
        title: words === '' ? t(`report.category.${category}` as 'report.category.other') : '',
        place: where,
        text: words,
        phone: phone.current?.value.trim() ?? '',
        photos,
      },
      {
        onSuccess: ({ token }) => navigate(`/r/${token}?new=1`, { replace: true }),
        onError: (error) => setFault(faultText(error)),
      },
    );
  };
  const faultText = (error: unknown) => {
    if (error instanceof ApiError && error.status === 413) return t('report.photoTooLarge');
    if (error instanceof ApiError && JSON.stringify(error.details ?? '').includes('/phone'))
      return t('report.badPhone');
    return t('report.failed');
  };

  return (
    <form className="report" onSubmit={submit} noValidate>
      <fieldset>
        <legend>{t('report.what')}</legend>
        <CategoryChips value={category} onChange={setCategory} />
      </fieldset>
      <label className="report-field">
        <span>{t('report.where')}</span>
        <input ref={place} maxLength={60} placeholder={t('report.wherePlaceholder')} autoComplete="off" />
      </label>
      <fieldset>
        <legend>{t('report.photo')}</legend>
        <PhotoPicker photos={photos} onChange={setPhotos} />
      </fieldset>
      <label className="report-field">
        <span>{t('report.text')}</span>
        <textarea ref={text} rows={3} maxLength={2000} placeholder={t('report.textPlaceholder')} />
      </label>
      <label className="report-field">
        <span>{t('report.phone')}</span>
        <input ref={phone} type="tel" inputMode="tel" maxLength={20} autoComplete="tel" />
      </label>
      <p className="report-fault" role="alert">
        {fault}
      </p>
      <button type="submit" className="big-button" disabled={send.isPending}>
        {send.isPending ? t('report.sending') : t('report.submit')}
      </button>
    </form>
  );
}
