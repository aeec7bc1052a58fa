import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { until } from "../support/until.ts";
import { Pty } from "./pty.ts";
import { runCli } from "./run-cli.ts";
import { makeShownHome } from "./shown-home.ts";
import type { StoredHome } from "./stored-home.ts";

const CLI = `${import.meta.dir}/../../flow-balancer/cli.ts`;
let home: StoredHome<Env>;
let env: Record<string, string>;

beforeAll(async () => {
  home = await makeShownHome();
  env = { FLOW_BALANCER_HOME: home.home, HOME: home.folder };
});
afterAll(() => home[Symbol.dispose]());

/** What it writes into a pipe until there are `count` lines that begin with `start`. */
async function blocks(
  args: readonly string[],
  start: string,
  count: number,
): Promise<{ lines: string[]; code: number }> {
  const child = Bun.spawn([process.execPath, CLI, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").filter((it) => it.startsWith(start)).length >= count)
      break;
  }
  child.kill("SIGINT");
  return { lines: text.trimEnd().split("\n"), code: await child.exited };
}

describe("--watch", () => {
  test("redraws in place on a terminal, and gives it back on Ctrl-C", async () => {
    await using pty = new Pty(
      ["tasks", "list", "--watch", "0.1"],
      { cols: 60, rows: 8 },
      env,
    );
    const lines = await pty.shows("no room");
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d, every 100 ms; Ctrl-C ends it$/);
    expect(lines.at(-1)).toMatch(/^… \d+ more lines: no room$/);
    for (const line of lines)
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(60);
    expect(pty.text).toStartWith("\u001B[?1049h\u001B[?25l");
    await until("a second frame", () => pty.text.split("\u001B[H").length > 2);
    // Nothing is cleared before it is written anew: that would flicker.
    expect(pty.text).not.toContain("\u001B[2J");
    pty.type("\u0003");
    expect(await pty.ended()).toBe(130);
    expect(pty.text).toContain("\u001B[?25h\u001B[?1049l");
    const after = pty.text.slice(pty.text.lastIndexOf("\u001B[?1049l"));
    expect(after).not.toContain("\u001B[?25l");
    // The last answer stays, whole.
    expect(after).toContain("Publish it");
  });

  test("follows the size of the terminal, and gives it back on SIGTERM", async () => {
    await using pty = new Pty(
      ["status", "--watch", "60"],
      { cols: 100, rows: 20 },
      env,
    );
    await pty.shows("board");
    pty.resize(40, 20);
    const lines = await until("a frame of 40 columns", () => {
      const { screen } = pty;
      const isNarrow = screen.every((line) => Bun.stringWidth(line) <= 40);
      return screen.length > 0 && isNarrow ? screen : null;
    });
    expect(lines.join("\n")).toContain("2 servers");
    pty.kill("SIGTERM");
    expect(await pty.ended()).toBe(143);
    expect(pty.text).toContain("\u001B[?25h\u001B[?1049l");
  });

  test("writes one block after the other into a pipe, and exits with 130 on Ctrl-C", async () => {
    const { lines, code } = await blocks(
      ["status", "--watch", "0.1"],
      "home ",
      3,
    );
    expect(code).toBe(130);
    expect(lines.filter((it) => it.startsWith("status "))).toHaveLength(3);
    expect(lines.join("")).not.toContain("\u001B");
  });

  test("writes one JSON object a line", async () => {
    const { lines } = await blocks(
      ["stats", "--json", "--watch", "0.1"],
      "{",
      2,
    );
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ schema: 1, n: 206 });
  });

  test("draws nothing on a terminal that cannot", async () => {
    await using pty = new Pty(
      ["status", "--watch", "0.1"],
      { cols: 80, rows: 20 },
      { ...env, TERM: "dumb" },
    );
    await until("two blocks", () => pty.text.split("home  ").length > 2);
    expect(pty.text).not.toContain("\u001B");
  });

  test.each(["0", "x", "-1", "3601", "1e3"])(
    "refuses %s seconds with exit code 2",
    async (seconds) => {
      const { code, stdout, stderr } = await runCli(
        ["status", `--watch=${seconds}`],
        { cwd: home.folder, env: { PATH: process.env.PATH, ...env } },
      );
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("no number of seconds from 0.1 to 3600");
    },
  );

  test("fails at once with what the command refuses", async () => {
    const { code, stderr } = await runCli(
      ["tasks", "list", "--state", "faild", "--watch"],
      { cwd: home.folder, env: { PATH: process.env.PATH, ...env } },
    );
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean 'failed'?");
  });
});
