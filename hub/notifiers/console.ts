import { z } from 'zod';
import { defineNotifier } from '../notify/notifier.ts';

/** The open consoles of the community: a banner with sound, over the live stream. */
export default defineNotifier({
  title: { zh: '值班台', en: 'Console' },
  configSchema: z.strictObject({}),
  secrets: [],
  perMinuteMax: 600,
  async send(notice, _config, { show }) {
    show(notice);
    return { outcome: 'delivered' };
  },
});
