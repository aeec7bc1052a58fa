/**
 * Ours: `pool.run` with an echo that checks nothing, as the peers do; `inFlight` tasks a worker. The pool takes and gives
 * JSON text: with the form `text` the caller has it already, else it is written and parsed for each
 * call. With `lanes` "off" long payloads go over plain IPC like short ones. With `workerBunOptions` workers are started with these (see BUN_OPTIONS), and have time to write what they are asked to.
 */

import { serveContender } from "../contender.ts";
import { FORMS } from "../echo-forms.ts";
import { moduleKind, OwnPool } from "../own-pool.ts";

const WRITING_MS = 10_000;

await serveContender(async (options) => {
  const { workers, inFlight, form, lanes, workerBunOptions } = options;
  const sharedMemory = lanes !== "off";
  const { write, read } = form === "text" ? FORMS.text() : FORMS.string();
  const kind = moduleKind("echo-unchecked", Number(inFlight));
  const own = new OwnPool(
    workerBunOptions === undefined
      ? { workers, sharedMemory }
      : {
          workers,
          sharedMemory,
          cancelGraceMs: WRITING_MS,
          environment: { BUN_OPTIONS: String(workerBunOptions) },
        },
  );
  await own.warm(workers);
  return {
    run: async (input) => {
      const { result } = await own.submit(kind, write(input)).done;
      if (result.status === "completed") return read(result.valueJson, input);
      throw new Error(result.error.message);
    },
    close: () => own[Symbol.asyncDispose](),
  };
});
