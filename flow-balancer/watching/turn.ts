/** Lets all others have their turn. */

export const turn = (): Promise<void> =>
  new Promise((goOn) => setImmediate(() => goOn()));
