/** Processes of a benchmark: started from a file, up when they print their port, ended by us alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { launch } from '../../../tools/launch.ts';

export interface Part {
  port: number;
  child: ChildProcess;
  /** Resident memory now, and at its highest. */
  memoryMegabyte(): { now: number; peak: number };
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** `up` finds the port in what the process prints. */
export async function startPart(
  command: string[],
  options: { up: RegExp; env?: Record<string, string>; cwd?: string } = { up: /up (\d+)/ },
): Promise<Part> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
        const match = options.up.exec(output);
        if (match) resolve(Number(match[1]));
      });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code}: ${output.slice(-2_000)}`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command.join(' ')} has no process`);
  return {
    port,
    child,
    memoryMegabyte: () => memoryMegabyte(pid),
    cpuSeconds: () => cpuSeconds(pid),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 12_000);
      await gone;
      clearTimeout(force);
    },
  };
}

/** Of all threads of a process, since it began. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process now, and at its highest. */
export function memoryMegabyte(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

export function startNode(file: string, args: string[] = [], up = /up (\d+)/): Promise<Part> {
  const { flags, env } = launch(file);
  return startPart([process.execPath, ...flags, file, ...args], { up, env });
}

/** Runs a program to its end and gives what it printed as JSON. */
export async function runJson<T>(file: string, order: unknown): Promise<T> {
  const child = spawn(process.execPath, [file, JSON.stringify(order)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return JSON.parse(output) as T;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
