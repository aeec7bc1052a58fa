/** Sends back what it reads, `times` over, and says on stderr what it was told. */

import {
  ProcessInput,
  ProcessOutput,
} from "../../../flow-balancer/mcp/byte-streams.ts";

const times = Number(process.argv[2] ?? 1);
const input = new ProcessInput();
const output = new ProcessOutput();
const say = (what: string) => process.stderr.write(`${what}\n`);
output.on("error", (error: Error) =>
  say(`error ${(error as NodeJS.ErrnoException).code}`),
);
output.on("close", () => {
  say("closed");
  process.exit(0);
});
input.on("end", async () => {
  await output.drained();
  say(output.destroyed ? "ended, broken" : "ended, all taken");
  process.exit(0);
});
input.on("data", (chunk: Buffer | string) => {
  for (let n = 0; n < times; n++)
    if (!output.write(String(chunk)) && !input.isPaused()) {
      input.pause();
      output.on("drain", () => input.resume());
      say("held back");
    }
});
