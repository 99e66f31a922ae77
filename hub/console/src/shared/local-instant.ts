/** Instants in the form of a browser's own picker of date and time, in the reader's zone. */
export function localInstant(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** NaN for what is no instant. */
export function instantOf(text: string | undefined): number {
  return text ? new Date(text).getTime() : Number.NaN;
}
