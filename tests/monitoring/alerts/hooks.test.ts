/** Real programs and a real listener. */

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bunEnv } from "../../../flow-balancer/env.ts";
import { alertHooks } from "../../../monitoring/alerts/alert-hooks.ts";
import type { AlertNotice } from "../../../monitoring/alerts/alert-notice.ts";
import { commandHook } from "../../../monitoring/alerts/command-hook.ts";
import { webhook } from "../../../monitoring/alerts/webhook.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { livingProcess } from "../../support/processes.ts";
import { TemporaryFolder } from "../../support/temporary-folder.ts";
import { until, within } from "../../support/until.ts";

const NOTICE: AlertNotice = {
  schema: 1,
  rule: "disk",
  severity: "critical",
  state: "firing",
  summary: "the home's disk has 1 MiB free; $(touch pwned) `id`",
  value: 1_048_576,
  threshold: 536_870_912,
  since: 1_700_000_000_000,
  instance: "instance_1",
  home: "/home/of/it",
  at: 1_700_000_000_500,
};
const never = () => new AbortController().signal;
const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin" };

describe("the command", () => {
  test("is given the alert on stdin, its arguments as they stand and nothing of the server's environment", async () => {
    using folder = new TemporaryFolder();
    const script = folder.file(
      "hook.sh",
      'cat > seen.json; printf "%s|" "$@" > args; env > env',
    );
    const argv = ["sh", script, "a b", "$HOME; touch pwned", "*"];
    await commandHook({ argv, environment, cwd: folder.path })(NOTICE, never());
    const read = (name: string) =>
      readFileSync(join(folder.path, name), "utf8");
    expect(JSON.parse(read("seen.json"))).toEqual(NOTICE);
    expect(read("args")).toBe("a b|$HOME; touch pwned|*|");
    expect(read("env")).not.toContain("HOME=");
    expect(existsSync(join(folder.path, "pwned"))).toBe(false);
  });

  test("that fails, is not there or reads nothing says so", async () => {
    using folder = new TemporaryFolder();
    const run = (...argv: string[]) =>
      commandHook({ argv, environment, cwd: folder.path })(NOTICE, never());
    await run("true");
    await expect(
      run("sh", "-c", "echo no such room >&2; exit 3"),
    ).rejects.toThrow("it ended with exit code 3: no such room");
    await expect(run("no-such-program-here")).rejects.toThrow(
      /no-such-program-here/,
    );
    await expect(
      run("sh", "-c", "yes 0123456789 | head -c 300000 >&2; exit 1"),
    ).rejects.toThrow(/^it ended with exit code 1: 0123456789\n.{0,489}$/s);
  });

  test("that does not end is ended with all it started", async () => {
    using folder = new TemporaryFolder();
    const hook = commandHook({
      argv: ["sh", "-c", "sleep 600 & echo $! > child; wait"],
      environment,
      cwd: folder.path,
      boundMs: 300,
    });
    await expect(within("an end", hook(NOTICE, never()))).rejects.toThrow(
      "it did not end within 300 ms",
    );
    const child = Number(
      await until("child", () => {
        const path = join(folder.path, "child");
        return existsSync(path) && readFileSync(path, "utf8").trim();
      }),
    );
    await until("its end", () => livingProcess(child) === null);
  });

  test("is broken off when the server stops", async () => {
    using folder = new TemporaryFolder();
    const stop = new AbortController();
    const hook = commandHook({
      argv: ["sleep", "600"],
      environment,
      cwd: folder.path,
    });
    const run = hook(NOTICE, stop.signal);
    stop.abort();
    await expect(within("an end", run)).rejects.toThrow(
      /was stopped meanwhile/,
    );
  });
});

const servers: Bun.Server<undefined>[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

/** Answers each request with the next of `answers`, the last one for ever. */
function listen(...answers: (() => Response | Promise<Response>)[]) {
  const bodies: unknown[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      expect(request.method).toBe("POST");
      expect(request.headers.get("content-type")).toBe("application/json");
      const nth = bodies.push(await request.json()) - 1;
      return (answers[nth] ?? answers.at(-1) ?? (() => new Response("ok")))();
    },
  });
  servers.push(server);
  return { bodies, url: new URL("/hook/s3cret", server.url).href };
}

const to = (url: string, boundMs = 5_000) =>
  webhook({ url, env: bunEnv, boundMs, pauseMs: 1 })(NOTICE, never());

describe("the webhook", () => {
  test("is posted the alert as JSON, once", async () => {
    const { url, bodies } = listen(() => new Response("thanks"));
    await to(url);
    expect(bodies).toEqual([NOTICE]);
  });

  test("is tried again once", async () => {
    const down = () => new Response("no", { status: 503 });
    const recovers = listen(down, () => new Response("ok"));
    await to(recovers.url);
    expect(recovers.bodies).toEqual([NOTICE, NOTICE]);
    const stays = listen(down);
    const refused = await to(stays.url).catch(String);
    expect(refused).toMatch(/^Error: http:\/\/127\.0\.0\.1:\d+ answered 503$/);
    expect(stays.bodies).toHaveLength(2);
  });

  test("is not tried again once the server stops", async () => {
    const down = listen(() => new Response("no", { status: 503 }));
    const stop = new AbortController();
    const env = new FakeEnv();
    const told = webhook({ url: down.url, env })(NOTICE, stop.signal);
    await until("a pause", () => env.waiting === 1);
    stop.abort();
    await expect(within("an end", told)).rejects.toThrow(/not be reached/);
    expect([env.waiting, down.bodies.length]).toEqual([0, 1]);
  });

  test("leaves nobody listening for the server's end once it has paused", async () => {
    const { signal } = new AbortController();
    const heard = spyOn(signal, "addEventListener");
    const given = spyOn(signal, "removeEventListener");
    const down = listen(() => new Response("no", { status: 503 }));
    const hook = webhook({ url: down.url, env: bunEnv, pauseMs: 1 });
    await expect(hook(NOTICE, signal)).rejects.toThrow("503");
    const listeners = ({ mock }: typeof heard | typeof given): unknown[] =>
      mock.calls.map(([, listener]) => listener);
    expect(listeners(heard)).toHaveLength(1);
    expect(listeners(given)).toEqual(listeners(heard));
  });

  test("is not followed elsewhere", async () => {
    const elsewhere = listen(() => new Response("ok"));
    const redirects = listen(() => Response.redirect(elsewhere.url, 307));
    await expect(to(redirects.url)).rejects.toThrow(
      /307: redirects are not followed/,
    );
    await until("two tries", () => redirects.bodies.length === 2);
    expect(elsewhere.bodies).toEqual([]);
  });

  test("that gives no answer, or is not there, is given up without telling its path", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hangs = listen(async () => {
      await promise;
      return new Response();
    });
    const late = await within("an end", to(hangs.url, 100).catch(String));
    expect(late).toMatch(/gave no answer within 100 ms$/);
    resolve();
    const gone = listen();
    await servers.at(-1)!.stop(true);
    const refused = await to(gone.url).catch(String);
    expect(refused).toMatch(/could not be reached/);
    expect(`${String(late)} ${String(refused)}`).not.toContain("s3cret");
  });
});

test("there are as many hooks as are set", () => {
  const made = (command: string[], url: string | null) =>
    Object.keys(
      alertHooks({
        settings: { command, webhook: url },
        env: bunEnv,
        environment,
        cwd: "/",
      }),
    );
  expect(made([], null)).toEqual([]);
  expect(made(["notify"], "http://localhost/x")).toEqual([
    "command",
    "webhook",
  ]);
});
