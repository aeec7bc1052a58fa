/**
 * Loaded before a server: at SIGUSR2 the timer of its beat, and no other, does not fire any more, as if
 * the loop had died. Nothing from outside a process does that.
 */

/** Between two beats, ms; by the instance's id. */
const BEAT = { min: 450, max: 550 };

const real = globalThis.setTimeout;
let isDead = false;

process.on("SIGUSR2", () => {
  isDead = true;
});

const deaf = (run: () => void, ms?: number, ...more: never[]) =>
  real(
    () => {
      const isBeat = ms !== undefined && ms >= BEAT.min && ms < BEAT.max;
      if (!(isDead && isBeat)) run();
    },
    ms,
    ...more,
  );
globalThis.setTimeout = Object.assign(deaf, real) as typeof setTimeout;
