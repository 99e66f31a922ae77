/** Debian's Chromium for the browser tests. A run without it is counted as skipped, and fails under CI=true. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = [process.env.LINLI_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const CHROMIUM = PATHS.find((path) => path !== undefined && existsSync(path));

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
