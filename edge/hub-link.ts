/**
 * The outbox on its way to the hub, and what comes back: sender and relay, the downlinks that are
 * carried out, and the housekeeping of what is kept. Without a hub only the housekeeping runs.
 */

import { carryOut } from './downlinks.ts';
import type { GatewayOptions, LaterParts, Stops } from './gateway-options.ts';
import type { Ground } from './ground.ts';
import type { createHeartbeat } from './heartbeat.ts';
import type { Knowledge } from './knowledge.ts';
import { takeAck } from './outbox/acks.ts';
import { createHousekeeping } from './outbox/housekeeping.ts';
import { createSender } from './outbox/sender.ts';
import { createRelay, type Relay } from './relay.ts';
import { alarm } from './stages/alarm.ts';

const HOUR_MS = 3_600_000;
/** An alarm that is over stays on the panel for so long; the hub keeps it. */
const ALARM_KEEP_DAYS = 30;

export async function startHubLink(
  options: GatewayOptions,
  parts: { ground: Ground; knowledge: Knowledge; later: LaterParts; heartbeat: ReturnType<typeof createHeartbeat> },
  stops: Stops,
): Promise<Relay | undefined> {
  const { config, clock, log, newId } = options;
  const { later } = parts;
  const { folder, store, steps, outbox, evidence } = parts.ground;
  const { settings, book, deadLetters, engine, ruleSets, commands, hubClock, alarmTools } = parts.knowledge;
  const { outbox: limits } = settings.current;
  const gatewayId = config.gateway.id;

  const keeping = createHousekeeping({
    store,
    outbox,
    steps,
    clock,
    log: log.child({ component: 'outbox' }),
    newId,
    limits,
    dataDir: config.dataDir,
    isUnderWay: (lane, seq) => later.relay?.sender.isUnderWay(lane, seq) ?? false,
    deviceOfAlarm: (alarmId) => book.get(alarmId)?.alarm.deviceId,
    removeFile: (name) => void evidence.remove(name),
  });
  const relay =
    config.hub &&
    createRelay({
      hub: config.hub,
      gatewayId,
      clock,
      log: log.child({ component: 'relay' }),
      random: options.random,
      createSender: (transmit) =>
        createSender({ outbox, clock, gatewayId, epoch: store.epoch, limits, transmit, readFile: evidence.read }),
      heartbeat: parts.heartbeat,
      onHubTime: hubClock.heard,
      async onAck(ack) {
        if (ack.epoch === store.epoch) await steps.run((work) => takeAck(ack, { outbox, deadLetters, clock }, work));
      },
      onMissing: (lane, stored) => void keeping.resendFrom(lane, stored + 1),
      onDownlink: (downlink) =>
        carryOut(downlink, {
          folder,
          hubClock,
          store,
          steps,
          commands,
          applyFacts: parts.knowledge.applyFacts,
          setRegistry: parts.knowledge.setRegistry,
          ruleSets,
          settings,
          setNoise({ windows, inhibitions }, work) {
            alarm(engine.setWindows(windows, clock.now()), alarmTools, work);
            alarm(engine.setInhibitions(inhibitions, clock.now()), alarmTools, work);
          },
          resend: keeping.resend,
        }),
    });
  later.relay = relay;
  keeping.start();
  stops.push(() => keeping.stop());
  const forgetting = clock.every(HOUR_MS, () => {
    void steps.run((work) => book.forget(clock.now() - ALARM_KEEP_DAYS * 24 * HOUR_MS, work));
  });
  stops.push(() => forgetting.cancel());
  if (relay) {
    outbox.onSendable = () => relay.sender.pump();
    await relay.start();
    stops.push(() => relay.stop());
  }
  return relay;
}
