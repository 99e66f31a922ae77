/**
 * `npm run configuration`: writes docs/CONFIGURATION.md from the schemas of hub and gateway, so that
 * the page cannot say anything else than the programs do.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema } from '../edge/config.ts';
import { hubSettings } from '../hub/config.ts';

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  required?: string[];
}

export function configurationPage(): string {
  const hub = z.toJSONSchema(z.object(hubSettings), { io: 'input', unrepresentable: 'any' }) as Node;
  const edge = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  return [
    '# Configuration',
    '',
    'Generated from the schemas by `npm run configuration`. An unknown name or a bad value stops the program with one line that names it.',
    '',
    '## Hub: environment variables',
    '',
    ...table(Object.entries(hub.properties ?? {})),
    '',
    '## Gateway: keys of its YAML file',
    '',
    'A relative file or folder is below the folder of the YAML file. `LINLI_UPLINK_BROKER_URL` and `LINLI_LOG_LEVEL` in the environment win over `hub.url` and `log.level`. `rules`, `devices.limits`, `outbox` and `deadLetters` are taken from the file as soon as it changes; every other key at the next start, and the gateway names those that wait. A file with a fault changes nothing: what ran before runs on, and panel, log and console say which key is wrong. The hub can push `devices.limits`, `outbox` and `deadLetters` (console: gateways → pushed configuration); what it pushes wins over the file.',
    '',
    ...table(leaves(edge, '')),
    '',
    '## Demonstration: environment variables of `npm start`',
    '',
    '| name | default | meaning |',
    '|---|---|---|',
    '| `LINLI_DEVICE_PORT_BASE` | 1883 | Device listener of the first gateway; the next ones take the following ports. |',
    '| `LINLI_PANEL_PORT_BASE` | 8081 | Local panel of the first gateway. |',
    '| `LINLI_OPCUA_PORT_BASE` | 4840 | OPC UA server of the first gateway. |',
    '| `LINLI_CAMERA_PORT` | 8090 | Pictures of the simulated cameras. |',
    '| `LINLI_SIMULATE` | 1 | `0`: hub and gateways run, no simulator publishes. |',
    '| `LINLI_SEED` | random, printed | Seed of the simulated world. |',
    '',
  ].join('\n');
}

function table(rows: [string, Node][]): string[] {
  const lines = rows.map(([name, node]) => `| \`${name}\` | ${shown(node)} | ${node.description ?? ''} |`);
  return ['| name | default | meaning |', '|---|---|---|', ...lines];
}

/** Every key that holds a value, with its path in dots. */
function leaves(node: Node, path: string): [string, Node][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]): [string, Node][] => {
    const name = path ? `${path}.${key}` : key;
    return child.properties
      ? leaves(child, name)
      : [[name, { ...child, ...(node.required?.includes(key) ? { type: 'required' } : {}) }]];
  });
}

function shown(node: Node): string {
  if (node.default !== undefined) return String(node.default);
  return node.type === 'required' ? 'required' : '—';
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', 'docs', 'CONFIGURATION.md'), configurationPage());
