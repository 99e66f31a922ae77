/** What the environment says to `npm start`, checked; every port is known to be free before anything starts. */
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { StartError } from '../../core/errors.ts';

const port = z.coerce.number().int().min(1).max(65_535);

const schema = z.object({
  LINLI_DATA_DIR: z.string().min(1).default('./data'),
  LINLI_HUB_HOST: z.string().min(1).default('127.0.0.1'),
  LINLI_HUB_PORT: port.default(8080),
  LINLI_UPLINK_PORT: port.default(1882),
  LINLI_DEVICE_PORT_BASE: port.default(1883),
  LINLI_PANEL_PORT_BASE: port.default(8081),
  LINLI_OPCUA_PORT_BASE: port.default(4840),
  LINLI_CAMERA_PORT: port.default(8090),
  LINLI_SIMULATE: z.enum(['0', '1']).default('1'),
  LINLI_SEED: z.string().min(1).max(100).optional(),
});

/** Names that belong to this program alone; its children would not know them. */
const OWN = [
  'LINLI_DEVICE_PORT_BASE',
  'LINLI_PANEL_PORT_BASE',
  'LINLI_OPCUA_PORT_BASE',
  'LINLI_CAMERA_PORT',
  'LINLI_SIMULATE',
  'LINLI_SEED',
];

export interface Settings {
  dataDir: string;
  hubHost: string;
  hubPort: number;
  uplinkPort: number;
  devicePortBase: number;
  panelPortBase: number;
  opcuaPortBase: number;
  cameraPort: number;
  simulate: boolean;
  seed: string | undefined;
  /** For the children: everything but what is ours alone. */
  env: Record<string, string | undefined>;
}

/** Throws StartError that names the variable at fault. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new StartError(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const value = parsed.data;
  const dataDir = resolve(value.LINLI_DATA_DIR);
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.includes(name)));
  return {
    dataDir,
    hubHost: value.LINLI_HUB_HOST,
    hubPort: value.LINLI_HUB_PORT,
    uplinkPort: value.LINLI_UPLINK_PORT,
    devicePortBase: value.LINLI_DEVICE_PORT_BASE,
    panelPortBase: value.LINLI_PANEL_PORT_BASE,
    opcuaPortBase: value.LINLI_OPCUA_PORT_BASE,
    cameraPort: value.LINLI_CAMERA_PORT,
    simulate: value.LINLI_SIMULATE === '1',
    seed: value.LINLI_SEED,
    env: { ...rest, LINLI_DATA_DIR: dataDir, LINLI_LOG_LEVEL: env.LINLI_LOG_LEVEL ?? 'warn' },
  };
}

/** Throws StartError that names the first taken port and the variable that moves it. */
export async function checkPorts(settings: Settings, gateways: number): Promise<void> {
  const block = (base: number, variable: string) =>
    Array.from({ length: gateways }, (_, index) => ({ port: base + index, variable }));
  const wanted = [
    { port: settings.hubPort, variable: 'LINLI_HUB_PORT', host: settings.hubHost },
    { port: settings.uplinkPort, variable: 'LINLI_UPLINK_PORT' },
    ...block(settings.devicePortBase, 'LINLI_DEVICE_PORT_BASE'),
    ...block(settings.panelPortBase, 'LINLI_PANEL_PORT_BASE'),
    ...block(settings.opcuaPortBase, 'LINLI_OPCUA_PORT_BASE'),
    ...(settings.simulate ? [{ port: settings.cameraPort, variable: 'LINLI_CAMERA_PORT' }] : []),
  ];
  const seen = new Map<number, string>();
  for (const { port: number, variable } of wanted) {
    const other = seen.get(number);
    if (other) throw new StartError(`port ${number} is wanted twice: move ${variable} or ${other}`);
    seen.set(number, variable);
  }
  for (const one of wanted) {
    const free = await canListen(one.port, 'host' in one ? one.host : '127.0.0.1');
    if (!free) throw new StartError(`port ${one.port} is taken: set ${one.variable} to a free one`);
  }
}

function canListen(number: number, host: string): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(number, host, () => server.close(() => done(true)));
  });
}
