/** Where pictures come from: a file, a camera's stream, a folder of images, JPEGs that a camera pushes. */
import { StartError } from '../../../core/errors.ts';

export interface Picture {
  width: number;
  height: number;
  /** Milliseconds since the source began, by the source's own clock; rises from picture to picture. */
  atMs: number;
  /** Writes the luma plane, row by row without padding, into `target` of width × height bytes. */
  copyLuma(target: Uint8Array): void;
  /** The picture as planar YUV 4:2:0 with even sides (an odd last row or column is cut), for drawing. */
  yuv420(): Uint8Array;
  /** What was read since the last picture and up to this one, in its order, for the evidence clip. */
  compressed: readonly Compressed[];
}

export type Compressed = { type: 'jpeg'; bytes: Uint8Array } | CompressedPacket;

/** A packet of the source's video codec; `key` packets can be decoded on their own. */
export interface CompressedPacket {
  type: 'packet';
  bytes: Uint8Array;
  key: boolean;
  ptsMs: number;
  dtsMs: number;
}

export interface Source {
  width: number;
  height: number;
  /** Nominal frames a second, as the container says. */
  fps: number;
  /** Number of frames, where the container tells. */
  framesExpected: number | undefined;
  /** Each picture is valid until the next one is asked for. Ends with the stream, throws when it breaks. */
  pictures(): AsyncGenerator<Picture>;
  close(): Promise<void>;
}

/** A source that cannot be opened or read: one line that names the cause and the cure. */
export class SourceError extends StartError {
  override name = 'SourceError';

  constructor(message: string, options?: ErrorOptions) {
    super(withoutSecret(message), options);
  }
}

/** An address, or a line with addresses in it, without users and passwords. */
export function withoutSecret(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, '//');
}
