/**
 * `npm test [-- FILTER …]`: installs what tests need, builds the console, runs the checks and every
 * test, and ends with one line that counts them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPrograms } from './programs.ts';

const filters = process.argv.slice(2);
installPrograms();
const checks = filters.length > 0 || run(process.execPath, ['tools/check.ts']);
const scratch = mkdtempSync(join(tmpdir(), 'linli-test-'));
const report = join(scratch, 'report.json');
const passed = run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...filters,
]);
const counts = readCounts();
rmSync(scratch, { recursive: true });
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exit(checks && passed && counts.failed === 0 ? 0 : 1);

function run(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** A run that wrote no report did not test anything: that counts as a failure, and so does a failed check. */
function readCounts(): { passed: number; failed: number; skipped: number } {
  const failedChecks = checks ? 0 : 1;
  try {
    const json = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numFailedTestSuites: number;
      numPendingTests: number;
      numTodoTests: number;
    };
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests + failedChecks + (passed || json.numFailedTests > 0 ? 0 : 1),
      skipped: json.numPendingTests + json.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1 + failedChecks, skipped: 0 };
  }
}
