/** Carries out what the hub sends down. Each is idempotent by its content, so a repetition does no harm. */
import type { AlarmFact } from '../core/alarm.ts';
import type { Downlink, Lane } from '../core/envelope.ts';
import { unreachable } from '../core/errors.ts';
import { DEFAULT_INHIBITIONS, type Inhibition } from '../core/inhibition.ts';
import type { MuteWindow } from '../core/mute-window.ts';
import type { Commands } from './commands.ts';
import type { HubClock } from './hub-clock.ts';
import { writeKnownCopy } from './known-copy.ts';
import type { Steps, Work } from './outbox/work.ts';
import type { RuleSets } from './rule-sets.ts';
import type { Settings } from './settings.ts';
import type { Registry, Store } from './store.ts';

export interface DownlinkTools {
  /** Of the store. */
  folder: string;
  store: Store;
  steps: Steps;
  commands: Commands;
  hubClock: HubClock;
  /** Facts of people on the hub. */
  applyFacts(facts: AlarmFact[], work: Work): void;
  setRegistry(registry: Registry): void;
  ruleSets: RuleSets;
  settings: Settings;
  /** What is muted: planned times of silence, and which alarms mute which. */
  setNoise(noise: { windows: MuteWindow[]; inhibitions: readonly Inhibition[] }, work: Work): void;
  resend(span: { fromAt: number; toAt: number; lanes: Lane[] }): Promise<void>;
}

/** Resolves when it is on the disk: then it may be acknowledged. */
export async function carryOut({ seq, body }: Downlink, tools: DownlinkTools): Promise<void> {
  const { store, steps, commands } = tools;
  if (body.type === 'resend') await tools.resend(body);
  await steps.run((work) => {
    work.write(() => store.put('downlinkSeq', seq));
    switch (body.type) {
      case 'facts':
        tools.applyFacts(body.facts, work);
        return;
      case 'registry': {
        const registry = { version: body.version, devices: body.devices };
        work.write(() => store.put('registry', registry));
        work.after(() => tools.setRegistry(registry));
        return;
      }
      case 'rules':
        tools.ruleSets.take(body, work);
        tools.setNoise({ windows: body.windows ?? [], inhibitions: body.inhibitions ?? DEFAULT_INHIBITIONS }, work);
        return;
      case 'settings':
        tools.settings.take(body, work);
        return;
      case 'command':
        // Whether it is too late is judged by this gateway's clock, so its deadline is said in it.
        commands.take({ ...body, deadlineAt: body.deadlineAt + tools.hubClock.aheadMs }, work);
        return;
      case 'resend':
        return;
      default:
        unreachable(body);
    }
  });
  await store.flushed();
  if (body.type === 'registry' || body.type === 'rules' || body.type === 'settings')
    await writeKnownCopy(tools.folder, store);
}
