/** Debian's Chromium for the browser tests. */
import { type Browser, chromium } from 'playwright-core';
import { programOrSkip } from '../../tools/programs.ts';

export const CHROMIUM = programOrSkip('chromium');

export function launchChromium(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('no Chromium found: install Debian’s chromium or set LINLI_CHROMIUM');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
