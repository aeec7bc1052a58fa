import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCommand } from "../../flow-balancer/store-commands/check-command.ts";
import { livingProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "evidence-")));
  mkdirSync(join(root, "sub"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const check = (
  argv: readonly string[],
  {
    cwd = null,
    timeoutMs = 60_000,
  }: { cwd?: string | null; timeoutMs?: number } = {},
) =>
  checkCommand(argv, cwd, {
    root,
    environment: { PATH: process.env.PATH, SECRET: "s3" },
    timeoutMs,
  });
const sh = (script: string) => ["sh", "-c", script];

describe("a command as evidence", () => {
  test.each([
    [sh("echo one; echo two"), true, "exited with 0: two"],
    [sh("exit 3"), false, "exited with 3"],
    [sh("echo oh no >&2; exit 1"), false, "exited with 1: oh no"],
    [sh("kill -9 $$"), false, "was ended by SIGKILL"],
    [sh("printf '\\033[2J'; exit 1"), false, "exited with 1: \\u001b[2J"],
    [["echo", "$(id); *"], true, "exited with 0: $(id); *"],
    [sh("echo $SECRET"), true, "exited with 0: s3"],
  ])("%j holds: %p, seen: %s", async (argv, ok, seen) => {
    expect(await check(argv)).toEqual({ ok, seen });
  });

  test("that cannot be started is seen as that", async () => {
    const { ok, seen } = await check(["no-such-program-here"]);
    expect(ok).toBe(false);
    expect(seen).toStartWith("could not be started: ");
    expect((await check(["true"], { cwd: "nowhere" })).ok).toBe(false);
  });

  test("runs in the project, or in a folder of it", async () => {
    expect((await check(["pwd"])).seen).toBe(`exited with 0: ${root}`);
    expect((await check(["pwd"], { cwd: "sub" })).seen).toBe(
      `exited with 0: ${join(root, "sub")}`,
    );
  });

  test("is kept in little, however much it prints", async () => {
    const { ok, seen } = await check(
      sh("head -c 30000000 /dev/zero | tr '\\0' x; echo; echo end"),
    );
    expect({ ok, seen }).toEqual({ ok: true, seen: "exited with 0: end" });
    const long = await check(sh("head -c 100000 /dev/zero | tr '\\0' x"));
    expect(long.seen.length).toBeLessThan(300);
  });

  test("that takes too long is ended with all it started", async () => {
    const late = await check(sh("sleep 60 & echo $! > pid; wait"), {
      timeoutMs: 300,
    });
    expect(late).toEqual({ ok: false, seen: "did not end within 300 ms" });
    const pid = Number(readFileSync(join(root, "pid"), "utf8"));
    await until("the end of it", () => livingProcess(pid) === null);
  });

  test("leaves nothing behind when it ends", async () => {
    expect((await check(sh("sleep 60 & echo $! > pid"))).ok).toBe(true);
    const pid = Number(readFileSync(join(root, "pid"), "utf8"));
    await until("the end of it", () => livingProcess(pid) === null);
  });
});
