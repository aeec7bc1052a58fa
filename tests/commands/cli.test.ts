import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { Desk } from "./run-cli.ts";

describe("the command line", () => {
  test("prints help and version on stdout and exits 0", async () => {
    using desk = new Desk();
    const help = await desk.run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of [
      ...["mcp", "serve", "status", "instances", "sessions", "tasks"],
      ...["init", "doctor", "explain", "replay"],
    ])
      expect(help.stdout).toContain(`  ${command} `);
    expect(await desk.run(["--version"])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: "",
    });
  });

  test("lists the settings a server takes", async () => {
    using desk = new Desk();
    for (const command of ["mcp", "serve"]) {
      const { code, stdout } = await desk.run([command, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("--pool-max-workers <n>");
      expect(stdout).toContain("--port, --http-port <n>");
    }
  });

  test.each([
    [["docter"], "Did you mean doctor?"],
    [["doctor", "--jsno"], "Did you mean --json?"],
    [["doctor", "more"], "too many arguments"],
    [["init"], "required option '--client <name>'"],
    [["init", "--client", "cursr"], "did you mean cursor?"],
    [["mcp", "--prt", "1"], "did you mean --port?"],
    [["serve", "--port"], "the option --port needs a value"],
  ])("refuses %j with exit code 2, on stderr alone", async (args, says) => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
  });

  test("talks MCP when a client starts it without a word", async () => {
    using desk = new Desk();
    const { code, stdout } = await desk.run([]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});
