/** What was seen: the picture with its trajectory, the clip, the track as a drawing. Every look is audited by the hub. */
import { Image } from 'antd';
import type { AlarmDetail, EvidenceItem } from '../../api/types.ts';
import { useI18n } from '../../i18n/i18n.tsx';
import { clockTitle } from '../../shared/age.ts';
import { useNow } from '../../shared/use-now.ts';
import { FallPicture } from './fall-picture.tsx';
import { useTrackFile } from './track-file.ts';

export function Evidence({ alarm }: { alarm: AlarmDetail }) {
  const { t } = useI18n();
  return (
    <section className="detail-section">
      <h3>{t('alarm.evidence')}</h3>
      <div className="evidence">
        {[...alarm.evidence].sort(byTelling).map((item) => (
          <Piece
            key={item.id}
            item={item}
            track={alarm.evidence.find((other) => other.type === 'track' && other.at === item.at)}
          />
        ))}
      </div>
      <p className="muted">{t('alarm.evidence.audited')}</p>
    </section>
  );
}

/** What tells most at a glance comes first. */
const TELLING = ['picture', 'clip', 'track', 'raw'];

function byTelling(a: EvidenceItem, b: EvidenceItem): number {
  return TELLING.indexOf(a.type) - TELLING.indexOf(b.type) || a.at - b.at;
}

function Piece({ item, track }: { item: EvidenceItem; track: EvidenceItem | undefined }) {
  const { t, locale } = useI18n();
  const now = useNow(60_000);
  const title = `${t(`alarm.evidence.${item.type}`)} · ${clockTitle(item.at, now, locale)}`;
  return (
    <figure className={`piece piece-${item.type}`}>
      <Shown item={item} title={title} track={track} />
      <figcaption className="muted num">{title}</figcaption>
    </figure>
  );
}

function Shown({ item, title, track }: { item: EvidenceItem; title: string; track: EvidenceItem | undefined }) {
  if (item.type === 'picture' && track) return <FallPicture url={item.url} title={title} trackUrl={track.url} />;
  if (item.type === 'picture') return <Image src={item.url} alt={title} width="100%" />;
  if (item.type === 'clip')
    return <video src={item.url} controls muted playsInline preload="metadata" aria-label={title} />;
  if (item.type === 'track') return <Track url={item.url} />;
  return (
    <a href={item.url} download>
      {title}
    </a>
  );
}

/** Height over time of the falling object: the shape of a parabola is what convinces. */
function Track({ url }: { url: string }) {
  const { t } = useI18n();
  const points = useTrackFile(url)?.track ?? [];
  if (points.length < 2) return null;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = 180 / Math.max(1, bottom - top);
  const place = (point: { x: number; y: number }) =>
    [150 + (point.x - (left + right) / 2) * scale, 10 + (point.y - top) * scale] as const;
  return (
    <svg viewBox="0 0 300 200" className="track" role="img" aria-label={t('alarm.evidence.track')}>
      <polyline points={points.map((point) => place(point).join(',')).join(' ')} />
      {points.map((point, index) => {
        const [x, y] = place(point);
        return <circle key={`${point.x}-${point.y}-${point.at}`} cx={x} cy={y} r={index === 0 ? 5 : 3} />;
      })}
    </svg>
  );
}
