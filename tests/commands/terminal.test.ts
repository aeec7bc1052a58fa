import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { inTerminal, linesOf } from "./pty.ts";
import { runCli } from "./run-cli.ts";
import { makeShownHome, shownTaskId } from "./shown-home.ts";
import type { StoredHome } from "./stored-home.ts";

let home: StoredHome<Env>;
let env: Record<string, string>;

beforeAll(async () => {
  home = await makeShownHome();
  env = { FLOW_BALANCER_HOME: home.home, HOME: home.folder };
});
afterAll(() => home[Symbol.dispose]());

const COMMANDS: string[][] = [
  ["status"],
  ["stats"],
  ["instances", "--all"],
  ["sessions"],
  ["timeout-stats"],
  ["timeout-stats", "compile"],
  ["tasks", "list"],
  ["tasks", "show", shownTaskId(2)],
  ["explain", shownTaskId(2)],
  ["--help"],
  ["tasks", "--help"],
  ["stats", "--help"],
];
/** More processes at once would only be in one another's way. */
const inFours = (all: readonly string[][]): string[][][] =>
  Array.from({ length: Math.ceil(all.length / 4) }, (_, i) =>
    all.slice(4 * i, 4 * i + 4),
  );

describe("what a command writes", () => {
  test("has no colours in a pipe", async () => {
    const cwd = home.folder;
    const around = { ...env, PATH: process.env.PATH, TERM: "xterm-256color" };
    for (const some of inFours(COMMANDS))
      for (const ended of await Promise.all(
        some.map((args) => runCli(args, { cwd, env: around })),
      )) {
        expect(ended.code).toBe(0);
        expect(ended.stdout).not.toBe("");
        expect(ended.stdout + ended.stderr).not.toContain("\u001B");
      }
  });

  test.each([60, 40])("fits a terminal of %d columns", async (cols) => {
    for (const some of inFours(COMMANDS))
      for (const { text, code } of await Promise.all(
        some.map((args) => inTerminal(args, cols, env)),
      )) {
        expect(code).toBe(0);
        for (const line of linesOf(text))
          expect([line, Bun.stringWidth(line) <= cols]).toEqual([line, true]);
      }
  });

  test("is coloured on a terminal, unless NO_COLOR or TERM=dumb says no", async () => {
    const coloured = (more: Record<string, string>) =>
      inTerminal(["tasks", "list"], 100, { ...env, ...more });
    expect((await coloured({})).text).toContain("\u001B[31m");
    for (const [name, value] of [
      ["NO_COLOR", "1"],
      ["TERM", "dumb"],
    ] as const)
      expect((await coloured({ [name]: value })).text).not.toContain("\u001B");
  });

  test("shows control characters of others as text, in a terminal too", async () => {
    const { text } = await inTerminal(["tasks", "list"], 100, {
      ...env,
      NO_COLOR: "1",
    });
    expect(text).toContain("Write the handbook\\u001b[31m");
  });

  test("says when as well as how long ago", async () => {
    const { text } = await inTerminal(["status"], 80, env);
    expect(Bun.stripANSI(text)).toMatch(
      /since {3}58 min ago \((?:\d\d-\d\d )?\d\d:\d\d(?::\d\d)?\)/,
    );
  });
});
