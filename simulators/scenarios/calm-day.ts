/** Nothing but the rhythm of the day. */
import type { Scenario } from '../scenario.ts';

const scenario: Scenario = {
  title: { zh: '平静的一天', en: 'Calm day' },
  shows: {
    zh: '只有日常通行、投放和遥测，没有事件。',
    en: 'People pass, bins fill, sensors measure; nothing goes wrong.',
  },
  durationMs: 24 * 3_600_000,
  steps: () => [],
};

export default scenario;
