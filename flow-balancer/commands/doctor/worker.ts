/** A worker process: started as the pool starts one, it must say that it is ready. */

import { join } from "node:path";
import { bunEnv } from "../../env.ts";
import { INSTALLATION } from "../launch-command.ts";
import { fail, type Finding, ok } from "./finding.ts";

/** A cold disk can take seconds; the pool itself waits this long. */
const START_TIMEOUT_MS = 10_000;

export async function checkWorker(): Promise<Finding> {
  const startedAt = bunEnv.mono();
  const folder = join(INSTALLATION, "flow-balancer", "worker");
  const { promise: answer, resolve } = Promise.withResolvers<string>();
  const worker = Bun.spawn(
    [
      process.execPath,
      "--no-orphans",
      "--config=/dev/null",
      "--no-env-file",
      "--no-install",
      join(folder, "child.ts"),
    ],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      serialization: "advanced",
      ipc: (message: unknown) => resolve(said(message)),
    },
  );
  const complaint = new Response(worker.stderr).text();
  const timer = setTimeout(
    () => resolve(`no answer within ${START_TIMEOUT_MS} ms`),
    START_TIMEOUT_MS,
  );
  void worker.exited.then((code) => resolve(`ended with exit code ${code}`));
  const outcome = await answer;
  clearTimeout(timer);
  worker.kill("SIGKILL");
  await worker.exited;
  if (outcome === "ready")
    return ok("worker", `ready in ${Math.round(bunEnv.mono() - startedAt)} ms`);
  const words = (await complaint).trim().split("\n").at(-1) ?? "";
  return fail(
    "worker",
    `a worker process does not start: ${outcome}${words === "" ? "" : ` (${words.slice(0, 200)})`}`,
    "bun install --frozen-lockfile, and look at what the limits on processes and memory are (ulimit -a).",
  );
}

const said = (message: unknown): string =>
  typeof message === "object" && message !== null && "type" in message
    ? String(message.type)
    : "something that is no message";
