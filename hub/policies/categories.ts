import { z } from 'zod';
import { idSchema, type Text } from '../../core/text.ts';

/** What a work order is usually about; the ids are stored, the words are shown. */
export const TICKET_CATEGORIES: Readonly<Record<string, Text>> = {
  fire: { zh: '消防', en: 'Fire safety' },
  gas: { zh: '燃气', en: 'Gas' },
  electrical: { zh: '电气', en: 'Electrical' },
  plumbing: { zh: '给排水', en: 'Plumbing' },
  lift: { zh: '电梯', en: 'Lift' },
  gate: { zh: '门禁', en: 'Gates' },
  sanitation: { zh: '环境卫生', en: 'Cleaning and waste' },
  'high-throw': { zh: '高空抛物', en: 'Objects thrown from above' },
  greenery: { zh: '绿化', en: 'Greenery' },
  'charging-wire': { zh: '飞线充电', en: 'Unsafe charging' },
  'fire-lane': { zh: '占用消防通道', en: 'Blocked fire lane' },
  parking: { zh: '停车', en: 'Parking' },
  noise: { zh: '噪音', en: 'Noise' },
  building: { zh: '违章搭建', en: 'Illegal building' },
  posters: { zh: '乱贴小广告', en: 'Posters' },
  care: { zh: '关爱', en: 'Care' },
  device: { zh: '设备维护', en: 'Device upkeep' },
  other: { zh: '其他', en: 'Other' },
};

/**
 * A category as a caller names it: its id, or its title in either language. An id that is not listed
 * is kept as it is, so that a street can have categories of its own in its policies.
 */
export const categorySchema = z
  .string()
  .trim()
  .max(100)
  .transform(
    (text) =>
      Object.entries(TICKET_CATEGORIES).find(([, title]) => title.zh === text || title.en === text)?.[0] ?? text,
  )
  .pipe(idSchema);
