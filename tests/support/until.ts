/** Waiting for something that nothing announces: looks again and again, and gives up loudly. */

/** Far above what anything here takes on a busy machine, so that only a hang meets it. */
export const HANG_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** The first value of `look` that is neither false, null nor undefined. Throws, naming `what`, after `boundMs`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  boundMs: number = HANG_MS,
): Promise<Exclude<T, false | null | undefined>> {
  const giveUpAt = performance.now() + boundMs;
  for (;;) {
    const value = await look();
    if (value !== false && value !== null && value !== undefined)
      return value as Exclude<T, false | null | undefined>;
    if (performance.now() > giveUpAt)
      throw new Error(`after ${boundMs} ms still not: ${what}`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** The promise's value, or an error that names `what` was waited for. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  boundMs: number = HANG_MS,
): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`after ${boundMs} ms still no ${what}`)),
      boundMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
