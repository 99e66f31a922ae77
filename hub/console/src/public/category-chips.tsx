/** What it is about, as large buttons with a drawing each: read at arm's length, hit with a thumb. */
import { useI18n } from '../i18n/i18n.tsx';

/** Drawings in a 24-unit square. */
const DRAWINGS = {
  sanitation: 'M5 7h14l-1.2 13H6.2zM9 7V4h6v3M3 7h18M10 11v6M14 11v6',
  plumbing: 'M12 3c4 5 6 7.6 6 10.5a6 6 0 0 1-12 0C6 10.6 8 8 12 3z',
  electrical: 'M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9V15h7v-1.1A6 6 0 0 0 12 3z',
  lift: 'M5 3h14v18H5zM12 3v18M8 10l1.5-2 1.5 2M13.5 14l1.5 2 1.5-2',
  parking: 'M4 16v-4l2-5h12l2 5v4M4 16h16v3h-3v-3M4 16v3h3v-3M7 13h.1M17 13h.1',
  'fire-lane': 'M12 3c1 4 5 5.5 5 10.5a5 5 0 0 1-10 0C7 11 8.5 10 9 8c1.5 1 2.5 2 3 3 .5-2.5 0-5 0-8z',
  'charging-wire': 'M13 3 6 14h5l-1 7 8-12h-5z',
  noise: 'M4 10v4h4l5 4V6L8 10zM16 9c1.5 1.5 1.5 4.5 0 6M18.5 6.5c3 3 3 8 0 11',
  gate: 'M6 21V4h12v17M3 21h18M14.5 12h.1',
  'high-throw': 'M5 3h6v18H5zM8 7h.1M8 11h.1M8 15h.1M14 6c4 1 6 5 6 12M17.5 15.5 20 18l2-3',
  greenery: 'M12 21v-8M12 13c-5 0-7-3-7-8 5 0 7 3 7 8zM12 15c0-4 2-6.5 7-6.5 0 4-2 6.5-7 6.5z',
  other: 'M5 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M17 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0',
} as const;

type Category = keyof typeof DRAWINGS;

export function CategoryChips({ value, onChange }: { value: string; onChange(category: string): void }) {
  const { t } = useI18n();
  return (
    <div className="chips">
      {(Object.keys(DRAWINGS) as Category[]).map((category) => (
        <button
          key={category}
          type="button"
          className="big-chip"
          aria-pressed={category === value}
          onClick={() => onChange(category)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={DRAWINGS[category]} />
          </svg>
          {t(`report.category.${category}`)}
        </button>
      ))}
    </div>
  );
}
