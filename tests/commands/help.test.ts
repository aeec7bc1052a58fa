import { describe, expect, test } from "bun:test";
import { Desk } from "./run-cli.ts";

const COMMANDS = [
  "status",
  "stats",
  "top",
  "instances",
  "sessions",
  "timeout-stats",
  "explain",
  "explain route",
  "tasks",
  "tasks list",
  "tasks show",
  "tasks output",
  "tasks add",
  "tasks claim",
  "tasks heartbeat",
  "tasks done",
  "tasks fail",
  "tasks release",
  "tasks cancel",
  "tasks retry",
  "recommend-split",
  "replay",
  "init",
  "doctor",
  "completions",
  "mcp",
  "serve",
];

describe("help", () => {
  test("stands in groups, and ends with examples", async () => {
    using desk = new Desk();
    const { stdout, code } = await desk.run(["--help"]);
    expect(code).toBe(0);
    const heads = stdout
      .split("\n")
      .filter((line) => /^[A-Z][a-z ]+:$/.test(line));
    expect(heads).toEqual([
      "Options:",
      "Serve:",
      "Look:",
      "Work:",
      "Learned:",
      "Set up:",
      "Examples:",
    ]);
  });

  test("of each command ends with examples of that command", async () => {
    using desk = new Desk();
    for (let from = 0; from < COMMANDS.length; from += 4)
      await Promise.all(
        COMMANDS.slice(from, from + 4).map(async (command) => {
          const { stdout, code, stderr } = await desk.run([
            ...command.split(" "),
            "--help",
          ]);
          expect({ command, code, stderr }).toEqual({
            command,
            code: 0,
            stderr: "",
          });
          const examples = stdout.trimEnd().split("\nExamples:\n").at(-1) ?? "";
          const lines = examples.split("\n");
          expect(lines.length).toBeGreaterThan(0);
          for (const line of lines)
            expect(line).toStartWith(`  flow-balancer ${command}`);
        }),
      );
  });

  test("names the replays there are", async () => {
    using desk = new Desk();
    const { stderr } = await desk.run(["replay", "tirs", "--trace", "x"]);
    expect(stderr).toContain("did you mean 'tiers'?");
    const { stdout } = await desk.run(["replay", "--help"]);
    const said = /can be replayed: (.*)\./.exec(stderr)?.[1]?.split(", ") ?? [];
    expect(said.length).toBeGreaterThan(3);
    for (const name of said)
      expect(stdout.replaceAll(/\s+/g, " ")).toContain(name);
  });

  test.each([
    [["stat"], "Did you mean"],
    [["tasks", "lst"], "Did you mean list?"],
    [["stats", "--sinse", "1h"], "Did you mean --since?"],
    [["stats", "--since", "1hour"], "Lengths are written as"],
    [["tasks", "list", "--state", "runing"], "did you mean 'running'?"],
    [["tasks", "list", "--queue", "bord"], "did you mean 'board'?"],
    [
      ["replay", "tiers", "--trace", "x", "--format", "jsn"],
      "did you mean 'json'?",
    ],
    [["completions", "bsh"], "did you mean 'bash'?"],
  ])("%j: says what was meant, with exit code 2", async (args, says) => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
  });

  test("a kind that is not there is met with one that is", async () => {
    using desk = new Desk();
    for (const args of [
      ["tasks", "list", "--kind", "shel"],
      ["timeout-stats", "shel"],
      ["stats", "--kind", "shel"],
    ]) {
      const { code, stderr } = await desk.run(args);
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(stderr).toContain("did you mean 'shell'?");
    }
  });
});
