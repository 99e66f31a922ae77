/** Photos from the camera or the album, made smaller on the phone so that they arrive over a weak network. */
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { shrinkPhoto } from './shrink-photo.ts';

const PHOTOS_MAX = 4;

export function PhotoPicker({ photos, onChange }: { photos: File[]; onChange(photos: File[]): void }) {
  const { t } = useI18n();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const add = async (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = [...(event.target.files ?? [])].slice(0, PHOTOS_MAX - photos.length);
    event.target.value = '';
    setBusy(true);
    onChange([...photos, ...(await Promise.all(chosen.map(shrinkPhoto)))]);
    setBusy(false);
  };
  return (
    <div className="photo-picker">
      {photos.map((photo, index) => (
        <Preview
          key={`${photo.name}-${photo.lastModified}-${photo.size}`}
          photo={photo}
          onRemove={() => onChange(photos.filter((_, other) => other !== index))}
        />
      ))}
      {photos.length < PHOTOS_MAX && (
        <button type="button" className="photo-add" disabled={busy} onClick={() => input.current?.click()}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z" />
          </svg>
          {t('report.photoAdd')}
          <small>{t('report.photoMax', { n: PHOTOS_MAX })}</small>
        </button>
      )}
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={t('report.photoAdd')}
        onChange={add}
      />
    </div>
  );
}

function Preview({ photo, onRemove }: { photo: File; onRemove(): void }) {
  const { t } = useI18n();
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(photo);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [photo]);
  return (
    <div className="photo-preview">
      {url && <img src={url} alt={t('report.photo')} />}
      <button type="button" aria-label={t('report.photoRemove')} onClick={onRemove}>
        ×
      </button>
    </div>
  );
}
