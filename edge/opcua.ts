/**
 * The community as an OPC UA address space, for building management systems: each device with its
 * values, when it was heard, and the state of its alarms. Read-only. A value carries its own time,
 * and a status that says the truth: uncertain when the device is silent, bad when it never spoke.
 */
import { join } from 'node:path';
import {
  AccessLevelFlag,
  DataType,
  DataValue,
  type Namespace,
  OPCUACertificateManager,
  OPCUAServer,
  StatusCodes,
  type UAObject,
  Variant,
} from 'node-opcua';
import type { Logger } from 'pino';
import { ALARM_STATES, type Alarm } from '../core/alarm.ts';
import type { Device, DeviceKind, FieldSpec } from '../core/device.ts';
import { locationTitle } from '../core/device.ts';
import { StartError } from '../core/errors.ts';
import { COMMON_FIELDS } from '../devices/kinds.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { EdgeConfig } from './config.ts';
import type { DeviceState, DeviceStates } from './device-states.ts';

export interface OpcUaServer {
  readonly port: number;
  setDevices(devices: readonly Device[]): void;
  stop(): Promise<void>;
}

export interface OpcUaOptions {
  config: EdgeConfig['opcua'];
  gateway: EdgeConfig['gateway'];
  dataDir: string;
  version: string;
  kinds: ReadonlyMap<string, DeviceKind>;
  devices: DeviceStates;
  book: AlarmBook;
  log: Logger;
}

const SESSIONS_MAX = 50;
const MINIMUM_SAMPLING_MS = 250;

export async function startOpcUa(options: OpcUaOptions): Promise<OpcUaServer> {
  const { config, gateway } = options;
  const certificates = new OPCUACertificateManager({
    rootFolder: join(options.dataDir, 'opcua-pki'),
    automaticallyAcceptUnknownCertificate: true,
  });
  const server = new OPCUAServer({
    hostname: config.host,
    host: config.host,
    port: config.port,
    resourcePath: '/linli',
    serverCertificateManager: certificates,
    buildInfo: { productName: 'Linli', softwareVersion: options.version, productUri: 'urn:linli:gateway' },
    serverInfo: { applicationUri: `urn:linli:${gateway.id}`, productUri: 'urn:linli:gateway' },
    serverCapabilities: { maxSessions: SESSIONS_MAX },
    allowAnonymous: true,
  });
  await certificates.initialize();
  await server.initialize();
  const space = server.engine.addressSpace;
  if (!space) throw new Error('the OPC UA server has no address space');
  const namespace = space.registerNamespace(`urn:linli:${gateway.communityId}`);
  const root = namespace.addObject({
    organizedBy: space.rootFolder.objects,
    browseName: 'Linli',
    nodeId: 's=linli',
    displayName: `邻里 ${gateway.communityId}`,
  });
  /** Device id → its node, and what it was made of. */
  const nodes = new Map<string, { node: UAObject; shape: string }>();

  function setDevices(devices: readonly Device[]): void {
    const wanted = new Map(devices.map((device) => [device.id, device]));
    for (const [id, { node, shape }] of nodes) {
      const device = wanted.get(id);
      if (device && shapeOf(device) === shape) continue;
      space?.deleteNode(node);
      nodes.delete(id);
    }
    for (const device of devices) {
      if (nodes.has(device.id)) continue;
      nodes.set(device.id, { node: addDevice(namespace, root, device, options), shape: shapeOf(device) });
    }
  }

  setDevices(options.devices.devices());
  try {
    await server.start();
  } catch (error) {
    await server.shutdown(0).catch(() => {});
    if (!String(error).includes('EADDRINUSE')) throw error;
    throw new StartError(
      `opcua.port: port ${config.port} on ${config.host} is taken; set opcua.port in the gateway's YAML file to a free one`,
    );
  }
  const port = server.endpoints[0]?.port ?? config.port;
  options.log.info({ port, devices: nodes.size }, 'OPC UA server up');
  // Devices that came while it started.
  setDevices(options.devices.devices());
  return { port, setDevices, stop: () => server.shutdown(500) };
}

function shapeOf(device: Device): string {
  return `${device.kind} ${device.name} ${JSON.stringify(device.location)}`;
}

function addDevice(
  namespace: Namespace,
  root: UAObject,
  device: Device,
  { kinds, devices, book }: OpcUaOptions,
): UAObject {
  const kind = kinds.get(device.kind);
  const node = namespace.addObject({
    componentOf: root,
    browseName: device.id,
    nodeId: `s=${device.id}`,
    displayName: `${kind?.title.zh ?? device.kind} ${locationTitle(device.location)}`,
  });
  const stateOf = () => devices.get(device.id);
  const add = (name: string, dataType: DataType, read: () => DataValue, title = name) =>
    namespace.addVariable({
      componentOf: node,
      browseName: name,
      nodeId: `s=${device.id}/${name}`,
      displayName: title,
      dataType,
      accessLevel: AccessLevelFlag.CurrentRead,
      userAccessLevel: AccessLevelFlag.CurrentRead,
      minimumSamplingInterval: MINIMUM_SAMPLING_MS,
      value: { timestamped_get: read },
    });
  add('Kind', DataType.String, () => good(DataType.String, device.kind));
  add('Location', DataType.String, () => good(DataType.String, locationTitle(device.location)));
  add('Liveness', DataType.String, () => good(DataType.String, stateOf()?.liveness ?? 'unknown'));
  add('LastSeenAt', DataType.Double, () => good(DataType.Double, stateOf()?.lastSeenAt ?? 0));
  add('ActiveAlarms', DataType.UInt32, () => good(DataType.UInt32, alarmsOf(book, device.id).length));
  add('AlarmState', DataType.String, () => good(DataType.String, worstState(alarmsOf(book, device.id))));
  const fields: Record<string, FieldSpec> = { ...kind?.fields, ...COMMON_FIELDS };
  for (const [field, spec] of Object.entries(fields)) {
    const unit = spec.unit ? ` (${spec.unit})` : '';
    add(field, typeOf(spec), () => readingOf(stateOf(), field, typeOf(spec)), `${spec.title.zh}${unit}`);
  }
  return node;
}

function typeOf(spec: FieldSpec): DataType {
  if (spec.type === 'number') return DataType.Double;
  return spec.type === 'boolean' ? DataType.Boolean : DataType.String;
}

function good(dataType: DataType, value: unknown): DataValue {
  return new DataValue({ value: new Variant({ dataType, value }), statusCode: StatusCodes.Good });
}

function readingOf(state: DeviceState | undefined, field: string, dataType: DataType): DataValue {
  const latest = state?.values.get(field);
  if (!state || !latest) return new DataValue({ statusCode: StatusCodes.BadWaitingForInitialData });
  const isCertain = state.liveness !== 'unavailable' && latest.quality === 'good';
  return new DataValue({
    value: new Variant({ dataType, value: latest.value }),
    statusCode: isCertain ? StatusCodes.Good : StatusCodes.UncertainLastUsableValue,
    sourceTimestamp: timeOf(latest.at),
  });
}

/** node-opcua speaks in dates; the instant is the device's own. */
function timeOf(at: number) {
  // biome-ignore lint/style/noRestrictedGlobals: a conversion of a given instant, no clock.
  return new Date(at);
}

function alarmsOf(book: AlarmBook, deviceId: string): Alarm[] {
  return book.ofDevice(deviceId).filter((alarm) => alarm.state !== 'normal');
}

/** The states are listed with the most pressing first; none means normal. */
function worstState(alarms: Alarm[]): string {
  return ALARM_STATES.find((state) => alarms.some((alarm) => alarm.state === state)) ?? 'normal';
}
