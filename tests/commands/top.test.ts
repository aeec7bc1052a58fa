import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { until } from "../support/until.ts";
import { Pty } from "./pty.ts";
import { runCli } from "./run-cli.ts";
import { makeShownHome } from "./shown-home.ts";
import type { StoredHome } from "./stored-home.ts";

const STORE_COMMANDS = `${import.meta.dir}/../../flow-balancer/store-commands`;
const RESTORED = "\u001B[?25h\u001B[?1049l";
let home: StoredHome<Env>;
let env: Record<string, string>;

beforeAll(async () => {
  home = await makeShownHome();
  env = { FLOW_BALANCER_HOME: home.home, HOME: home.folder };
});
afterAll(() => home[Symbol.dispose]());

const open = (cols = 100, rows = 24): Pty =>
  new Pty(["top"], { cols, rows }, env);

describe("flow-balancer top", () => {
  test("shows what runs against what is usual, follows keys, and leaves on q", async () => {
    await using pty = open();
    const workers = await pty.shows("[1 workers]");
    expect(workers).toHaveLength(24);
    expect(workers[0]).toContain("2 servers, workers: 3 wanted of 4");
    expect(workers.join("\n")).toMatch(/stdio 1\/3 {2}compile +\d+ s .*█/);
    expect(workers.join("\n")).toContain("known to itself alone");
    pty.type("2");
    expect(await pty.shows("[2 tasks]")).toContainEqual(
      expect.stringMatching(/^> .*blocked .*Publish it$/),
    );
    pty.type("jj");
    await until("the third row chosen", () =>
      pty.screen.some((line) => /^> .*Mend the parser/.test(line)),
    );
    pty.type("\t");
    expect(await pty.shows("[3 board]")).toContainEqual(
      expect.stringContaining("Write the handbook\\u001b[31m"),
    );
    pty.type("4");
    await pty.shows("/home/ada/compiler");
    pty.type("?");
    await pty.shows("stand still, and go on");
    pty.type("p");
    await pty.shows("PAUSED");
    pty.type("q");
    expect(await pty.ended()).toBe(0);
    expect(pty.text).toEndWith(RESTORED);
  });

  test("filters by what is typed, until escape", async () => {
    await using pty = open();
    await pty.shows("[1 workers]");
    pty.type("2/publ");
    await pty.shows("/publ▏");
    const lines = await until("one row", () =>
      pty.screen.some((it) => it.includes("Mend")) ? null : pty.screen,
    );
    expect(lines.join("\n")).toContain("Publish it");
    pty.type("xq");
    await pty.shows("Nothing is like that.");
    pty.type("\u001B");
    await pty.shows("Mend the parser");
    pty.type("\u0003");
    expect(await pty.ended()).toBe(130);
    expect(pty.text).toEndWith(RESTORED);
  });

  test("follows the size of the terminal", async () => {
    await using pty = open();
    await pty.shows("[1 workers]");
    for (const [cols, rows] of [
      [60, 12],
      [40, 8],
      [20, 3],
    ] as const) {
      pty.resize(cols, rows);
      await until(`a frame of ${cols} x ${rows}`, () => {
        const { screen } = pty;
        return (
          screen.length === rows &&
          screen.every((line) => Bun.stringWidth(line) <= cols)
        );
      });
    }
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGINT", 130],
  ] as const)("gives the terminal back on %s", async (signal, code) => {
    await using pty = open();
    await pty.shows("[1 workers]");
    pty.kill(signal);
    expect(await pty.ended()).toBe(code);
    expect(pty.text).toEndWith(RESTORED);
  });

  test("gives the terminal back, and then says why, when something breaks", async () => {
    const program = `
      const { top } = await import("${STORE_COMMANDS}/top.ts");
      const { here } = await import("${STORE_COMMANDS}/answering.ts");
      const { TopReader } = await import("${STORE_COMMANDS}/read-top.ts");
      const reader = new TopReader(here());
      let reads = 0;
      await top(here(), { read() { if (reads++ > 0) throw new Error("planted"); return reader.read(); } });
    `;
    await using pty = new Pty([], { cols: 80, rows: 24 }, env, ["-e", program]);
    await pty.shows("[1 workers]");
    expect(await pty.ended()).toBe(1);
    expect(pty.text.indexOf(RESTORED)).toBeGreaterThan(0);
    expect(pty.text.indexOf("planted")).toBeGreaterThan(
      pty.text.indexOf(RESTORED),
    );
  });

  test("refuses what is no terminal, with exit code 2", async () => {
    const { code, stdout, stderr } = await runCli(["top"], {
      cwd: home.folder,
      env: { PATH: process.env.PATH, ...env },
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("there is none");
    await using pty = new Pty(
      ["top"],
      { cols: 80, rows: 24 },
      { ...env, TERM: "dumb" },
    );
    expect(await pty.ended()).toBe(2);
    expect(pty.text).not.toContain("\u001B");
  });
});
