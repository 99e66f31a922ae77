import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numberIn } from '../../core/command.ts';

const root = join(import.meta.dirname, '..', '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** Those that take no options of their own, or hand them on. */
const WITHOUT = new Set(['test', 'train', 'tables', 'check', 'secrets', 'configuration', 'dashboards']);
const COMMANDS = Object.entries(scripts).filter(([name]) => !WITHOUT.has(name));

describe.each(COMMANDS)('npm run %s', (name, script) => {
  const file = script.split(' ').at(-1) as string;

  test('refuses an option that it does not know, with the usage', async () => {
    const args = ['--disable-warning=ExperimentalWarning', file, ...(name === 'eval' ? ['highthrow'] : []), '--bogus'];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^[^\n]+: Unknown option '--bogus'; usage: \s*npm (run|start)/);
    expect(stderr).not.toContain(' at ');
  });
});

function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root, timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('a program whose reader leaves ends without a word', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'edge/alarms/rules.ts', 'list'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  expect({ code, said }).toEqual({ code: 0, said: '' });
});

describe('numberIn', () => {
  test.each(['x', '', ' ', '0', '11', '1.5', 'Infinity', '0x5g'])('refuses %j', (text) => {
    expect(() => numberIn(text, '--count', { min: 1, max: 10, whole: true })).toThrow(
      `--count ${text}: must be a whole number from 1 to 10`,
    );
  });

  test('takes what lies within the bounds, and nothing where nothing is given', () => {
    expect(numberIn('10', '--count', { min: 1, max: 10, whole: true })).toBe(10);
    expect(numberIn('2.5', '--seconds', { min: 1, max: 10 })).toBe(2.5);
    expect(numberIn(undefined, '--seconds', { min: 1, max: 10 })).toBeUndefined();
  });
});
