/** Progress on stderr for the command line: one line that is written over, in a terminal only. */

export interface Progress {
  show(done: number, expected: number | undefined): void;
  end(): void;
}

const BAR_CELLS = 30;
/** Without a known end the count is written every so many units. */
const EVERY = 25;

/** `unit` is the plural of what is counted: frames, clips. */
export function createProgress(unit: string): Progress {
  const isTerminal = process.stderr.isTTY === true;
  let shown = -1;
  return {
    show(done, expected) {
      const step = expected ? Math.floor((done / expected) * 100) : Math.floor(done / EVERY);
      if (!isTerminal || step === shown) return;
      shown = step;
      const filled = Math.min(BAR_CELLS, Math.round((step / 100) * BAR_CELLS));
      const bar = `[${'█'.repeat(filled)}${'·'.repeat(BAR_CELLS - filled)}] ${Math.min(100, step)} % `;
      process.stderr.write(`\r${expected ? bar : ''}${done} ${unit}`);
    },
    end() {
      if (isTerminal && shown >= 0) process.stderr.write('\r\x1b[K');
      shown = -1;
    },
  };
}
