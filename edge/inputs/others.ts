/** The inputs beside MQTT, as far as the configuration has them: the detector of falling objects, and fire panels. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AlarmFact, Evidence } from '../../core/alarm.ts';
import type { Clock } from '../../core/clock.ts';
import type { DeviceKind } from '../../core/device.ts';
import type { AlarmBook } from '../alarm-book.ts';
import type { EdgeConfig } from '../config.ts';
import type { DeviceStates } from '../device-states.ts';
import type { EvidenceFolder } from '../evidence.ts';
import type { JournalRecord } from '../segment.ts';
import { type Gbt26875Input, startGbt26875 } from './gbt26875.ts';
import { startVisionInput, type VisionInput } from './vision.ts';

export interface OtherInputsTools {
  clock: Clock;
  log: Logger;
  kinds: ReadonlyMap<string, DeviceKind>;
  evidence: EvidenceFolder;
  book: AlarmBook;
  devices: DeviceStates;
  keep(records: JournalRecord[]): Promise<void>;
  addFact(fact: AlarmFact): Promise<void>;
  sendPicture(deviceId: string, picture: Evidence): Promise<void>;
}

export async function startOtherInputs(
  config: EdgeConfig,
  { log, devices, ...tools }: OtherInputsTools,
): Promise<{ vision: VisionInput | undefined; firePanels: Gbt26875Input | undefined; stop(): Promise<void> }> {
  const common = { ...tools, gatewayId: config.gateway.id, devices: devices.devices };
  const vision = config.vision.enabled
    ? startVisionInput({
        ...common,
        dataDir: join(config.dataDir, 'vision'),
        log: log.child({ component: 'vision' }),
      })
    : undefined;
  const startPanels = () =>
    startGbt26875({
      ...common,
      config: { ...config.gbt26875, transmitters: config.gbt26875.transmitters ?? {} },
      dataDir: config.dataDir,
      heard: devices.heard,
      log: log.child({ component: 'gbt26875' }),
    });
  const firePanels = config.gbt26875.enabled
    ? await startPanels().catch(async (error: unknown) => {
        await vision?.stop();
        throw error;
      })
    : undefined;
  return {
    vision,
    firePanels,
    async stop() {
      await firePanels?.stop();
      await vision?.stop();
    },
  };
}
