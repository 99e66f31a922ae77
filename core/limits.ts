/** Every limit that more than one place must agree on, named with its unit. */
export const LIMITS = {
  /** A JSON payload from a device (contract, section 2). */
  payloadBytesMax: 64 * 1024,
  /** One JPEG from a camera that pushes (contract, section 2). */
  frameBytesMax: 8 * 1024 * 1024,
  /** How far ahead of the gateway's clock a device's `at` may be before it is clamped. */
  futureSkewMsMax: 5 * 60_000,
  /** A measurement older than this on arrival is marked late. */
  lateAfterMs: 60_000,
  /** Ids of communities, gateways, devices, rules: `a-z 0-9 -`. */
  idCharactersMax: 64,
  /** Free text that people write: notes, reasons, comments. */
  textCharactersMax: 2_000,
  /** Levels of JSON whose shape no schema fixes: what is nested deeper can be read and not written. */
  jsonDepthMax: 32,
  /** One batch between gateway and hub, before compression. */
  batchBytesMax: 256 * 1024,
  /** One piece of evidence (a clip of 20 s stays well below). */
  evidenceBytesMax: 32 * 1024 * 1024,
  /** Items in one page of a list. */
  pageItemsMax: 500,
  /** Buckets in one answer of a series. */
  seriesBucketsMax: 10_000,
  /** Longest a person may shelve an alarm. */
  shelveMsMax: 7 * 24 * 3_600_000,
} as const;
