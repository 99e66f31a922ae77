/**
 * Commands to devices, from the hub or from an alarm's own action: sent when the device listens,
 * answered by its reply, expired at the deadline. A command is never sent late and its end is always
 * reported. Commands wait in the store, so that a restart neither forgets nor repeats one.
 */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { DownlinkBody, Entry } from '../core/envelope.ts';
import type { NewId } from '../core/ids.ts';
import { decodeReply } from '../devices/kinds.ts';
import type { LocalCommand } from './alarms/engine.ts';
import type { Steps, Work } from './outbox/work.ts';
import type { JournalRecord } from './segment.ts';
import type { Store, StoredCommand } from './store.ts';

type CommandStatus = Extract<Entry, { type: 'command-status' }>['status'];
type Command = Extract<DownlinkBody, { type: 'command' }>;

/** As it is published to a device. */
export type CommandMessage = Pick<Command, 'id' | 'name' | 'args' | 'deadlineAt'>;

const CHECK_EVERY_MS = 250;
/** Ids of finished commands that are remembered, so that a command that comes twice runs once. */
const FINISHED_MAX = 10_000;

export interface Commands {
  start(): void;
  stop(): void;
  /** A command of the hub; what is known already changes nothing. */
  take(command: Command, work: Work): void;
  takeLocal(commands: LocalCommand[], work: Work): void;
  /** The device listens on its command topic. */
  ready(deviceId: string): void;
  /** The device has it (PUBACK). */
  delivered(commandId: string): void;
  reply(record: JournalRecord, work: Work): void;
}

export function createCommands(options: {
  store: Store;
  steps: Steps;
  clock: Clock;
  log: Logger;
  newId: NewId;
  gatewayId: string;
  /** Hands it to the device, or to what answers for it. */
  send(deviceId: string, command: CommandMessage): void;
}): Commands {
  const { store, steps, clock, log, newId } = options;
  /** Command id → command that is not finished. */
  const open = new Map<string, StoredCommand>();
  const finished = new Set<string>();
  for (const { key, value } of store.commands.getRange({})) open.set(key, value);
  let checking: { cancel(): void } | undefined;

  function add(command: StoredCommand, work: Work): void {
    if (open.has(command.id) || finished.has(command.id)) return;
    open.set(command.id, command);
    work.write(() => void store.commands.put(command.id, { ...command }));
    if (command.deadlineAt <= clock.now()) finish(command, 'expired', work);
    else work.after(() => send(command));
  }

  function send(command: StoredCommand): void {
    const { id, deviceId, name, args, deadlineAt } = command;
    if (command.status !== 'waiting' || deadlineAt <= clock.now()) return;
    options.send(deviceId, { id, name, args, deadlineAt });
  }

  function report(
    command: StoredCommand,
    status: CommandStatus,
    work: Work,
    more: { error?: string; result?: unknown },
  ) {
    const at = clock.now();
    const { id, deviceId } = command;
    work.send(
      'event',
      { type: 'command-status', commandId: id, deviceId, at, status, ...more },
      { fromAt: at, toAt: at },
    );
  }

  function finish(
    command: StoredCommand,
    status: Exclude<CommandStatus, 'delivered'>,
    work: Work,
    more: { error?: string; result?: unknown } = {},
  ): void {
    open.delete(command.id);
    finished.add(command.id);
    if (finished.size > FINISHED_MAX) finished.delete(finished.values().next().value ?? '');
    work.write(() => void store.commands.remove(command.id));
    report(command, status, work, more);
    log.info({ commandId: command.id, deviceId: command.deviceId, name: command.name, status }, 'command finished');
  }

  function expire(): void {
    const now = clock.now();
    const late = [...open.values()].filter((command) => command.deadlineAt <= now);
    if (late.length === 0) return;
    void steps.run((work) => {
      for (const command of late) {
        if (!open.has(command.id)) continue;
        const error =
          command.status === 'delivered' ? 'no reply before the deadline' : 'the device did not listen in time';
        finish(command, 'expired', work, { error });
      }
    });
  }

  return {
    start() {
      checking = clock.every(CHECK_EVERY_MS, expire);
      for (const command of open.values()) send(command);
    },
    stop: () => checking?.cancel(),
    take({ id, deviceId, name, args, deadlineAt, by }, work) {
      add({ id, deviceId, name, args, deadlineAt, by, status: 'waiting' }, work);
    },
    takeLocal(commands, work) {
      for (const { alarmId, ...command } of commands)
        add({ ...command, id: newId(), by: `alarm ${alarmId}`.slice(0, 64), status: 'waiting' }, work);
    },
    ready(deviceId) {
      for (const command of open.values()) if (command.deviceId === deviceId) send(command);
    },
    delivered(commandId) {
      const command = open.get(commandId);
      if (command?.status !== 'waiting') return;
      command.status = 'delivered';
      void steps.run((work) => {
        if (!open.has(commandId)) return;
        work.write(() => void store.commands.put(commandId, { ...command }));
        report(command, 'delivered', work, {});
      });
    },
    reply(record, work) {
      const reply = decodeReply(record.payload);
      const command = reply.ok ? open.get(reply.reply.id) : undefined;
      if (!reply.ok || command?.deviceId !== record.deviceId) {
        log.warn({ deviceId: record.deviceId }, 'reply to no open command');
        return;
      }
      const { ok, error, result } = reply.reply;
      const more = { ...(error === undefined ? {} : { error }), ...(result === undefined ? {} : { result }) };
      finish(command, ok ? 'done' : 'failed', work, more);
    },
  };
}
