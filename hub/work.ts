/**
 * The side of the hub that people work with: policies, stored timers, work orders. In: the parts
 * that hub.ts makes. Out: services for the routes, and one start and stop for all of it.
 */
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
}

export interface Work {
  services: WorkServices;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when everything that is due has been dealt with: for tests. */
  settled(): Promise<void>;
}

export function createWork(
  parts: Pick<Services, 'records' | 'live' | 'alarms' | 'clock' | 'log' | 'newId' | 'evidence' | 'metrics' | 'config'>,
): Work {
  const policies = createPolicies(parts);
  const timers = createTimers(parts);
  const tickets = createTickets({ ...parts, policies });
  const fromAlarms = createTicketsFromAlarms({ ...parts, policies, timers, tickets });
  automateTickets({ ...parts, policies, timers, tickets });
  policies.onChange(async (id) => {
    if (id === 'sla') await tickets.project();
  });

  return {
    services: { policies, timers, tickets },
    async start() {
      await policies.start();
      await fromAlarms.start();
      await timers.start();
    },
    async stop() {
      await fromAlarms.stop();
      await timers.stop();
    },
    async settled() {
      await fromAlarms.settled();
      await timers.settled();
      await fromAlarms.settled();
    },
  };
}
