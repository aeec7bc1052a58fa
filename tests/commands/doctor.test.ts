import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../flow-balancer/commands/doctor/finding.ts";
import { Desk } from "./run-cli.ts";

interface Report {
  readonly code: number;
  readonly status: string;
  readonly found: Readonly<Record<string, Finding>>;
  readonly checks: readonly Finding[];
}

async function examine(
  desk: Desk,
  env: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const { code, stdout } = await desk.run(["doctor", "--json"], env);
  const report = JSON.parse(stdout) as {
    schema: number;
    status: string;
    checks: Finding[];
  };
  expect(report.schema).toBe(1);
  const found = Object.fromEntries(report.checks.map((it) => [it.check, it]));
  return { code, status: report.status, found, checks: report.checks };
}

describe("doctor", () => {
  test("probes everything, finds it well and leaves nothing behind", async () => {
    using desk = new Desk();
    const { found, checks } = await examine(desk);
    // How full disks and memory are is not ours to promise.
    const promised = Object.fromEntries(
      checks
        .filter(({ check }) => !["disk", "shared memory"].includes(check))
        .map(({ check, mark }) => [check, mark]),
    );
    expect(promised).toEqual({
      bun: "ok",
      platform: process.platform === "linux" ? "ok" : "warn",
      git: "ok",
      configuration: "ok",
      home: "ok",
      sqlite: "ok",
      store: "ok",
      instances: "ok",
      claims: "ok",
      worker: "ok",
      clients: "ok",
    });
    expect(Object.keys(found)).toContain("disk");
    expect(found.worker?.message).toMatch(/^ready in \d+ ms$/);
    // .bun is Bun's own cache of what it compiled.
    expect(readdirSync(desk.home).filter((it) => it !== ".bun")).toEqual([]);
    expect(readdirSync(desk.project)).toEqual([".git"]);
  });

  test("has a line a check for people, and a fix under what is wrong", async () => {
    using desk = new Desk();
    const home = join(desk.home, "open");
    mkdirSync(home);
    chmodSync(home, 0o777);
    const { code, stdout } = await desk.run(["doctor"], {
      FLOW_BALANCER_HOME: home,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok {4}bun /m);
    expect(stdout).toMatch(/^fail {2}home .*written by others \(mode 777\)$/m);
    expect(stdout).toContain(`fix: chmod 700 '${home}'`);
  });

  test("exits 4 for what works but not as it should", async () => {
    using desk = new Desk();
    const home = join(desk.home, "readable");
    mkdirSync(home);
    chmodSync(home, 0o755);
    const { code, status, found } = await examine(desk, {
      FLOW_BALANCER_HOME: home,
    });
    expect([code, status]).toEqual([4, "degraded"]);
    expect(found.home).toMatchObject({
      mark: "warn",
      fix: `chmod 700 '${home}'`,
    });
  });

  test("names every mistake of the configuration, and a missing module", async () => {
    using desk = new Desk();
    const file = join(desk.project, "flow-balancer.toml");
    writeFileSync(file, "[http]\nport = 'x'\nprt = 1\n");
    const wrong = await examine(desk);
    expect([wrong.code, wrong.status]).toEqual([1, "failed"]);
    const mistakes = wrong.checks.filter((it) => it.check === "configuration");
    expect(mistakes.map(({ message }) => message)).toEqual([
      `${file}:2: key 'http.port' must be 0..65535, got "x"`,
      `${file}:3: key 'http.prt' is unknown; did you mean 'http.port'?`,
    ]);
    writeFileSync(file, '[kinds.a]\nmodule = "./a.ts"\n');
    const missing = await examine(desk);
    expect(missing.code).toBe(1);
    expect(missing.found.configuration?.message).toBe(
      `kind 'a': there is no ${join(desk.project, "a.ts")}`,
    );
  });

  test("refuses a home that is a link", async () => {
    using desk = new Desk();
    const home = join(desk.home, "link");
    symlinkSync(desk.project, home);
    const { found } = await examine(desk, { FLOW_BALANCER_HOME: home });
    expect(found.home).toMatchObject({ mark: "fail" });
    expect(found.home?.message).toContain("is a symbolic link");
  });

  test("says why a worker does not start", async () => {
    using desk = new Desk();
    const { code, found } = await examine(desk, {
      FLOW_BALANCER_POOL_START_TIMEOUT_MS: "1",
    });
    expect(code).toBe(1);
    expect(found.worker).toMatchObject({
      mark: "fail",
      message: "a worker process does not start: not ready within 1 ms",
    });
  });

  test("misses git", async () => {
    using desk = new Desk();
    const { code, found } = await examine(desk, { PATH: desk.home });
    expect(found.git).toMatchObject({ mark: "warn", fix: "Install git." });
    expect(code).toBe(4);
  });

  test("knows the clients that name this server, and what they would start", async () => {
    using desk = new Desk();
    await desk.run(["init", "--client", "claude", "--write"]);
    mkdirSync(join(desk.home, ".codex"));
    writeFileSync(
      join(desk.home, ".codex/config.toml"),
      '[mcp_servers.flow-balancer]\ncommand = "/gone/bun"\nargs = []\n',
    );
    mkdirSync(join(desk.project, ".vscode"));
    writeFileSync(join(desk.project, ".vscode/mcp.json"), "{ oops");
    const { code, checks } = await examine(desk);
    const clients = checks.filter((it) => it.check === "clients");
    expect(
      clients.map(({ mark, message }) => `${mark} ${message.split(":")[0]}`),
    ).toEqual(["ok claude", "warn vscode", "warn codex"]);
    expect(clients[2]?.message).toContain("starts /gone/bun, which is not");
    expect(code).toBe(4);
  });
});
