/**
 * The OPC UA server takes seconds to build its address space: devices and alarms do not wait for it,
 * and a gateway without it never loads it. Its failure is logged; the community is served all the same.
 */
import type { OpcUaOptions, OpcUaServer } from './opcua.ts';

export async function startOpcUaLater(options: OpcUaOptions): Promise<OpcUaServer | undefined> {
  try {
    const { startOpcUa } = await import('./opcua.ts');
    return await startOpcUa(options);
  } catch (error) {
    options.log.error({ err: error }, 'the OPC UA server cannot run');
    return undefined;
  }
}
