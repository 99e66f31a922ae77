/** The beat of everything that flashes: one timer, one attribute on the page, so that all marks flash together. */
import { useEffect } from 'react';

const HALF_BEAT_MS = 500;

export function useFlash(active: boolean): void {
  useEffect(() => {
    // Whoever asked for less motion reads the state in words and in the steady drawing.
    if (!active || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const { dataset } = document.documentElement;
    const timer = setInterval(() => {
      dataset.flash = dataset.flash === 'off' ? 'on' : 'off';
    }, HALF_BEAT_MS);
    return () => {
      clearInterval(timer);
      delete dataset.flash;
    };
  }, [active]);
}
