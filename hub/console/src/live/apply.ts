/** What a live event changes in what the console has loaded. Pure, except for the query cache it is given. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { AlarmDetail, AlarmItem, DeviceItem, GatewayItem, Page, TicketDetail, TicketItem } from '../api/types.ts';

export const KEYS = {
  session: ['session'],
  openAlarms: ['alarms', 'open'],
  alarmHistory: ['alarms', 'history'],
  alarm: (id: string) => ['alarm', id],
  devices: ['devices'],
  device: (id: string) => ['device', id],
  gateways: ['gateways'],
  tickets: ['tickets'],
  ticket: (id: string) => ['ticket', id],
} as const;

/** An alarm as the live stream sends it; `history` says that it is replayed and calls nobody. */
export type LiveAlarm = AlarmItem & { history?: boolean };

/** Alarms by id. Alarms that are over leave it. */
export type OpenAlarms = ReadonlyMap<string, AlarmItem>;

function withAlarms(open: OpenAlarms | undefined, changes: readonly AlarmItem[]): OpenAlarms {
  const next = new Map(open);
  for (const alarm of changes) {
    if (alarm.state === 'normal') next.delete(alarm.id);
    else next.set(alarm.id, alarm);
  }
  return next;
}

export function applyAlarms(client: QueryClient, changes: readonly AlarmItem[]): void {
  client.setQueryData<OpenAlarms>(KEYS.openAlarms, (open) => (open ? withAlarms(open, changes) : open));
  for (const alarm of changes) {
    client.setQueryData<AlarmDetail>(KEYS.alarm(alarm.id), (known) => withChange(known, alarm));
    // The history is not part of a live event: what is open on the screen is read again.
    void client.invalidateQueries({ queryKey: KEYS.alarm(alarm.id) });
  }
}

/** A live event carries a flag under the name of the detail's history; the list of facts must outlive it. */
function withChange(
  known: AlarmDetail | undefined,
  change: AlarmItem & { history?: unknown },
): AlarmDetail | undefined {
  if (!known) return known;
  const { history, ...alarm } = change;
  return { ...known, ...alarm, history: Array.isArray(history) ? history : known.history };
}

export function applyTickets(client: QueryClient, changes: readonly TicketItem[]): void {
  for (const ticket of changes) {
    client.setQueryData<TicketDetail>(KEYS.ticket(ticket.id), (known) => (known ? { ...known, ...ticket } : known));
    void client.invalidateQueries({ queryKey: KEYS.ticket(ticket.id) });
  }
  void client.invalidateQueries({ queryKey: KEYS.tickets });
}

/** A device event may hold only what changed. */
export function applyDevices(client: QueryClient, changes: readonly DevicePatch[]): void {
  const byId = new Map<string, DevicePatch>();
  for (const change of changes) byId.set(change.id, { ...byId.get(change.id), ...change });
  client.setQueriesData<DeviceItem[]>({ queryKey: KEYS.devices }, (devices) =>
    devices?.map((device) => patchDevice(device, byId.get(device.id))),
  );
  for (const [id, change] of byId)
    client.setQueryData<DeviceItem>(KEYS.device(id), (known) => (known ? patchDevice(known, change) : known));
}

export type DevicePatch = { id: string } & Partial<DeviceItem>;

function patchDevice(device: DeviceItem, change: DevicePatch | undefined): DeviceItem {
  if (!change) return device;
  return { ...device, ...change, latest: { ...device.latest, ...change.latest } };
}

export function applyGateways(client: QueryClient, changes: readonly ({ id: string } & Partial<GatewayItem>)[]): void {
  const byId = new Map(changes.map((change) => [change.id, change]));
  client.setQueryData<GatewayItem[]>(KEYS.gateways, (gateways) =>
    gateways?.map((gateway) => ({ ...gateway, ...byId.get(gateway.id) })),
  );
}

export function flatPages<T>(data: InfiniteData<Page<T>> | undefined): T[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}
