/** The evidence store: bytes named by their sha256, so that a file can be checked against its name at any time. */
import type { Readable } from 'node:stream';

export interface EvidenceStore {
  start(): Promise<void>;
  /** Keeps the bytes durably, unless they do not have this sha256. */
  put(sha256: string, bytes: Uint8Array): Promise<'kept' | 'wrong-hash'>;
  /** A stream of the bytes from `start` to `end` (inclusive), or undefined when they are not here. */
  open(
    sha256: string,
    range?: { start: number; end: number },
  ): Promise<{ bytes: number; stream: Readable } | undefined>;
  has(sha256: string): Promise<boolean>;
  remove(sha256: string): Promise<void>;
}
