/**
 * The side of the hub that people work with: policies, stored timers, work orders, notices and who
 * gets them. In: the parts that hub.ts makes. Out: services for the routes, and one start and stop.
 */
import { join } from 'node:path';
import { scanDefinitions } from '../core/scan.ts';
import type { Calm } from './calm.ts';
import { type Channels, createChannels } from './notify/channels.ts';
import { createDispatch, type Dispatch } from './notify/dispatch.ts';
import type { Notice, Notifier } from './notify/notifier.ts';
import { keepSentLogShort } from './notify/retention.ts';
import { createAlarmNotices } from './people/alarm-notices.ts';
import { createEscalation } from './people/escalation.ts';
import { createNotified } from './people/notified.ts';
import { createReceivers } from './people/receivers.ts';
import { tellOfTickets } from './people/ticket-notices.ts';
import { addWorkMetrics } from './people/work-metrics.ts';
import { createPolicies, type Policies } from './policies/policies.ts';
import type { Services } from './services.ts';
import { automateTickets } from './tickets/auto.ts';
import { createTicketsFromAlarms } from './tickets/from-alarms.ts';
import { createTickets, type Tickets } from './tickets/tickets.ts';
import { createTimers, type Timers } from './timers.ts';

export interface WorkServices {
  policies: Policies;
  timers: Timers;
  tickets: Tickets;
  channels: Channels;
  dispatch: Dispatch;
  notifiers: ReadonlyMap<string, Notifier>;
}

export interface Work {
  services: WorkServices;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when everything that is due has been dealt with: for tests. */
  settled(): Promise<void>;
}

export async function createWork(
  parts: Pick<
    Services,
    'records' | 'live' | 'alarms' | 'clock' | 'log' | 'newId' | 'evidence' | 'metrics' | 'config'
  > & { calm: Calm },
): Promise<Work> {
  const policies = createPolicies(parts);
  const timers = createTimers(parts);
  const tickets = createTickets({ ...parts, policies });
  const fromAlarms = createTicketsFromAlarms({ ...parts, policies, timers, tickets });
  automateTickets({ ...parts, policies, timers, tickets });
  policies.onChange(async (id) => {
    if (id === 'sla') await tickets.project();
  });

  const notifiers = await scanDefinitions<Notifier>(join(import.meta.dirname, 'notifiers'));
  const channels = createChannels({ ...parts, keyFile: join(parts.config.hubDir, 'channels.key') });
  const dispatch = createDispatch({ ...parts, channels, notifiers, show: showOn(parts.live) });
  const receivers = createReceivers({ ...parts, channels });
  const { publicUrl } = parts.config.http;
  const notices = createAlarmNotices({ ...parts, receivers, dispatch, publicUrl });
  const escalation = createEscalation({ ...parts, timers, policies, dispatch, receivers, notices });
  tellOfTickets({ ...parts, tickets, timers, policies, dispatch, receivers, publicUrl });
  const notified = createNotified({ ...parts, dispatch });
  addWorkMetrics({ ...parts, registry: parts.metrics.registry });
  const retention = keepSentLogShort({ ...parts, timers });
  const inOrder = [fromAlarms, escalation, timers, dispatch, notified];

  return {
    services: { policies, timers, tickets, channels, dispatch, notifiers },
    async start() {
      await policies.start();
      await channels.start();
      await retention.start();
      for (const part of inOrder) await part.start();
    },
    async stop() {
      for (const part of inOrder) await part.stop();
    },
    async settled() {
      // What one part does is work for the next: twice around, and nothing is left.
      for (const part of [...inOrder, ...inOrder]) await part.settled();
    },
  };
}

/** A notice for one person goes to their consoles; one for a community to everybody's there. */
function showOn(live: Services['live']): (notice: Notice) => void {
  return (notice) =>
    live.publish({
      type: 'notice',
      communityId: notice.communityId,
      ...(notice.to === null ? {} : { only: (viewer: { username: string }) => viewer.username === notice.to }),
      data: notice,
    });
}
