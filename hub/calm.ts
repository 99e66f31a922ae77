/**
 * Whether gateways are handing in batches right now. In: every taking-in of a batch. Out: who can
 * wait, waits until it is through.
 */
export interface Calm {
  during<T>(intake: Promise<T>): Promise<T>;
  /** Resolves when the batches that are being taken in now are through; undefined when there are none. */
  wait(): Promise<void> | undefined;
}

export function createCalm(): Calm {
  const underWay = new Set<Promise<void>>();
  return {
    during(intake) {
      const done = intake.then(
        () => undefined,
        () => undefined,
      );
      underWay.add(done);
      void done.then(() => underWay.delete(done));
      return intake;
    },
    wait: () => (underWay.size === 0 ? undefined : Promise.all(underWay).then(() => undefined)),
  };
}
