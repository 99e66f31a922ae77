/**
 * This gateway's clock beside the hub's. In: each instant at which the hub says it spoke. Out: how far
 * ahead this clock is, for comparing; what was said stays as it was said. It is kept, so that a start
 * with no hub corrects by what was measured last.
 */
import type { Clock } from '../core/clock.ts';
import { ClockSkew } from '../core/clock-skew.ts';
import type { Steps } from './outbox/work.ts';
import type { Store } from './store.ts';

export interface HubClock {
  /** The hub said this at `hubAt` of its own clock, and it came just now. */
  heard(hubAt: number): void;
  /** Add it to an instant of the hub to have it by this gateway's clock; 0 for clocks that agree. */
  readonly aheadMs: number;
  /** The same as measured, every millisecond of it. */
  readonly measuredMs: number;
}

export function openHubClock(options: {
  store: Pick<Store, 'clockAheadMs' | 'put'>;
  steps: Steps;
  clock: Clock;
  /** The clock of either was set, or the first word came. */
  onChange(aheadMs: number): void;
}): HubClock {
  const { store, steps, clock } = options;
  const skew = new ClockSkew(store.clockAheadMs());

  return {
    heard(hubAt) {
      const before = skew.settledMs;
      skew.add(hubAt, clock.now());
      const aheadMs = skew.settledMs;
      if (aheadMs === before) return;
      options.onChange(aheadMs);
      void steps.run((work) => work.write(() => store.put('clockAheadMs', aheadMs)));
    },
    get aheadMs() {
      return skew.settledMs;
    },
    get measuredMs() {
      return skew.toOursMs;
    },
  };
}
