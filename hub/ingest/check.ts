/**
 * Checks the entries of a batch one by one: shape, then whether this gateway may say it. A gateway
 * speaks for its own community only, whatever it writes into an entry. Out: what is good, and for
 * each bad one its index and the reason, which goes back to the gateway's dead-letter store.
 */
import { z } from 'zod';
import { type Entry, entrySchema } from '../../core/envelope.ts';
import { jsonFault } from '../../core/plain-json.ts';
import { readTolerant } from '../../core/tolerant.ts';

export interface Speaker {
  gatewayId: string;
  communityId: string;
}

export interface Rejected {
  index: number;
  reason: string;
}

export interface Checked {
  entries: { index: number; entry: Entry }[];
  rejected: Rejected[];
  /** Fields that a newer gateway says and this hub does not know: left out. */
  unknownFields: number;
}

/** More than this is of no use to the reader of a dead letter. */
const REASON_CHARACTERS_MAX = 300;

export function checkEntries(speaker: Speaker, unknowns: unknown[]): Checked {
  const checked: Checked = { entries: [], rejected: [], unknownFields: 0 };
  unknowns.forEach((unknown, index) => {
    const parsed = readTolerant(entrySchema, unknown);
    checked.unknownFields += parsed.unknownFields;
    const reason = parsed.success
      ? (foreign(speaker, parsed.data) ?? unkeepable(parsed.data))
      : z.prettifyError(parsed.error).replaceAll('\n', ' ').slice(0, REASON_CHARACTERS_MAX);
    if (parsed.success && reason === undefined) checked.entries.push({ index, entry: parsed.data });
    else checked.rejected.push({ index, reason: reason ?? 'not valid' });
  });
  return checked;
}

/** Columns of telemetry are numbers and short texts by their schema; everything else may end in a database as it is. */
function unkeepable(entry: Entry): string | undefined {
  const fault = entry.type === 'telemetry' ? undefined : jsonFault(entry);
  return fault && `${fault.path} ${fault.message}`.slice(0, REASON_CHARACTERS_MAX);
}

/** Why this gateway may not say it; undefined when it may. Facts about known alarms are checked by the store too. */
function foreign(speaker: Speaker, entry: Entry): string | undefined {
  switch (entry.type) {
    case 'fact': {
      const { origin, body } = entry.fact;
      if (origin.type === 'gateway' && origin.id !== speaker.gatewayId) return 'a fact of another gateway';
      if (body.type !== 'raised') return undefined;
      if (body.gatewayId !== speaker.gatewayId) return 'an alarm of another gateway';
      return body.communityId === speaker.communityId ? undefined : 'an alarm of another community';
    }
    case 'event':
    case 'liveness':
    case 'dead-letter':
      return entry.communityId === speaker.communityId ? undefined : 'a device of another community';
    case 'telemetry': {
      if (entry.communityId !== speaker.communityId) return 'a device of another community';
      const length = entry.at.length;
      const columns = [entry.receivedAt, entry.quality, ...Object.values(entry.values)];
      return columns.every((column) => column.length === length) ? undefined : 'columns of different lengths';
    }
    case 'gap':
    case 'evidence':
    case 'camera-picture':
    case 'command-status':
      return undefined;
  }
}
