/** How a program of Linli is started with Node. A gateway is a small machine: what its garbage collector may leave lying is kept small. */
import settings from './launch.json' with { type: 'json' };

export function launch(file: string): { flags: string[]; env: Record<string, string> } {
  const known: Record<string, { flags: string[]; env: Record<string, string> }> = settings;
  const { flags, env } = known[file] ?? { flags: [], env: {} };
  return { flags: ['--disable-warning=ExperimentalWarning', ...flags], env };
}
