/** Compares what devices were promised with what the hub holds, message by message. */
import type { Sent } from './fleet.ts';

export interface Gap {
  deviceId: string;
  fromAt: number;
  toAt: number;
  count: number;
}

export interface Account {
  sent: number;
  acknowledged: number;
  stored: number;
  duplicated: number;
  /** Acknowledged, not stored, and named by no gap: must be zero. */
  lost: number;
  evictedAndReported: number;
  /** Stored without a PUBACK: allowed (the acknowledgement was lost on the way). */
  storedUnacknowledged: number;
  /** The first few of each, for the reader. */
  lostExamples: Sent[];
  duplicatedExamples: Sent[];
}

const EXAMPLES_MAX = 10;

/** `stored`: key `device at`, value how often the hub holds it. */
export function reconcile(sent: readonly Sent[], stored: ReadonlyMap<string, number>, gaps: readonly Gap[]): Account {
  const account: Account = {
    sent: sent.length,
    acknowledged: 0,
    stored: 0,
    duplicated: 0,
    lost: 0,
    evictedAndReported: 0,
    storedUnacknowledged: 0,
    lostExamples: [],
    duplicatedExamples: [],
  };
  for (const message of sent) {
    const count = stored.get(`${message.deviceId} ${message.at}`) ?? 0;
    if (message.acknowledged) account.acknowledged += 1;
    if (count > 0) account.stored += 1;
    if (count > 1) {
      account.duplicated += 1;
      if (account.duplicatedExamples.length < EXAMPLES_MAX) account.duplicatedExamples.push(message);
    }
    if (count > 0 && !message.acknowledged) account.storedUnacknowledged += 1;
    if (count === 0 && message.acknowledged) {
      if (gaps.some((gap) => covers(gap, message))) account.evictedAndReported += 1;
      else {
        account.lost += 1;
        if (account.lostExamples.length < EXAMPLES_MAX) account.lostExamples.push(message);
      }
    }
  }
  return account;
}

function covers(gap: Gap, message: Sent): boolean {
  return gap.deviceId === message.deviceId && gap.fromAt <= message.at && message.at <= gap.toAt;
}
