/** A real influxd 1.x (Debian's package) on free ports in a folder of its own: answers InfluxQL. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, until } from '../system/world.ts';

export interface Influx {
  url: string;
  write(lines: string[]): Promise<void>;
  query(
    statement: string,
  ): Promise<{ series: { tags?: Record<string, string>; columns: string[]; values: unknown[][] }[]; error?: string }>;
  stop(): Promise<void>;
}

const DATABASE = 'linli';

export async function startInflux(program: string): Promise<Influx> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-influxd-'));
  const ports = await freePorts();
  const config = join(folder, 'influxdb.conf');
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${ports.LINLI_UPLINK_PORT}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${ports.LINLI_HUB_PORT}"
`,
  );
  const child = spawn(program, ['-config', config], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${ports.LINLI_HUB_PORT}`;
  const answers = () =>
    fetch(`${url}/ping`).then(
      (answer) => answer.status === 204,
      () => false,
    );
  await until(answers, { timeoutMs: 60_000, what: 'influxd', broken: () => child.exitCode !== null });
  const query: Influx['query'] = async (statement) => {
    const answer = await fetch(`${url}/query?db=${DATABASE}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `q=${encodeURIComponent(statement)}`,
    });
    const body = (await answer.json()) as { error?: string; results?: { series?: []; error?: string }[] };
    const error = body.error ?? body.results?.[0]?.error;
    return { series: body.results?.[0]?.series ?? [], ...(error ? { error } : {}) };
  };
  await query(`CREATE DATABASE ${DATABASE}`);
  return {
    url,
    query,
    async write(lines) {
      const answer = await fetch(`${url}/write?db=${DATABASE}&precision=ms`, {
        method: 'POST',
        body: lines.join('\n'),
      });
      if (answer.status !== 204) throw new Error(`influxd refused a write: ${await answer.text()}`);
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
