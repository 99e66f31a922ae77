/** The picture of a fall with the likeliest windows named on it and listed below it. */
import { Image } from 'antd';
import { useI18n } from '../../i18n/i18n.tsx';
import { percent } from '../../kpis/figures.tsx';
import { type TrackFile, useTrackFile } from './track-file.ts';

type Place = NonNullable<TrackFile['places']>[number];

export function FallPicture({ url, title, trackUrl }: { url: string; title: string; trackUrl: string }) {
  const { t } = useI18n();
  const file = useTrackFile(trackUrl);
  const places = file?.places ?? [];
  return (
    <>
      <div className="fall-picture">
        <Image src={url} alt={title} width="100%" />
        {file && places.length > 0 && (
          <svg viewBox={`0 0 ${file.picture.width} ${file.picture.height}`} aria-hidden="true">
            {places.map((place, rank) => (
              <Window key={`${place.floor}-${place.unit}`} place={place} rank={rank} picture={file.picture} />
            ))}
          </svg>
        )}
      </div>
      {places.length > 0 && (
        <div className="fall-places">
          <span className="muted">{t('alarm.evidence.floorTop')}</span>
          <ol>
            {places.map(({ floor, unit, probability }) => (
              <li key={`${floor}-${unit}`}>
                {t('alarm.evidence.floorPlace', { floor, unit })} <span className="num">{percent(probability)}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </>
  );
}

/** Its outline and its number in the list. */
function Window({ place, rank, picture }: { place: Place; rank: number; picture: TrackFile['picture'] }) {
  const { corners } = place;
  if (!corners?.length) return null;
  const textPx = picture.height / 24;
  const left = Math.min(...corners.map(({ x }) => x));
  const right = Math.max(...corners.map(({ x }) => x));
  const middle = corners.reduce((sum, { y }) => sum + y, 0) / corners.length;
  // Beside the window, where it hides nothing; on its left where the picture ends on the right.
  const fits = right + textPx * 2 < picture.width;
  return (
    <g className={rank === 0 ? 'likeliest' : undefined}>
      <polygon points={corners.map(({ x, y }) => `${x},${y}`).join(' ')} />
      <text
        x={fits ? right + textPx * 0.3 : left - textPx * 0.3}
        y={middle}
        fontSize={textPx}
        textAnchor={fits ? 'start' : 'end'}
        dominantBaseline="central"
      >
        {rank + 1}
      </text>
    </g>
  );
}
