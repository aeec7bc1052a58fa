import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { newestIds } from "../../flow-balancer/store-commands/newest-ids.ts";
import { runCli } from "./run-cli.ts";
import { makeShownHome, shownTaskId } from "./shown-home.ts";
import { StoredHome } from "./stored-home.ts";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");
let home: StoredHome<Env>;
let env: Record<string, string | undefined>;
let script: string;

beforeAll(async () => {
  home = await makeShownHome();
  const bin = join(home.folder, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "flow-balancer"),
    `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`,
  );
  chmodSync(join(bin, "flow-balancer"), 0o755);
  env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home.folder,
    FLOW_BALANCER_HOME: home.home,
  };
  const { stdout } = await runCli(["completions", "bash"], {
    cwd: home.folder,
    env,
  });
  script = join(home.folder, "completion.bash");
  writeFileSync(script, stdout);
  writeFileSync(join(home.folder, "plan.json"), "{}");
});
afterAll(() => home[Symbol.dispose]());

/** What a real bash offers once these words are typed; the last is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flow_balancer
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = Bun.spawn(
    [
      "bash",
      "--norc",
      "-u",
      "-c",
      program,
      "bash",
      script,
      "flow-balancer",
      ...words,
    ],
    { cwd: home.folder, env, stdout: "pipe", stderr: "pipe" },
  );
  const [text, said] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect({ code: await child.exited, said }).toEqual({ code: 0, said: "" });
  return text.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  test("is registered for the program", async () => {
    const child = Bun.spawn(
      ["bash", "--norc", "-c", `source "${script}"; complete -p flow-balancer`],
      { stdout: "pipe" },
    );
    expect(await new Response(child.stdout).text()).toBe(
      "complete -F _flow_balancer flow-balancer\n",
    );
  });

  test.each([
    [["sta"], ["status", "stats"]],
    [
      ["tasks", "re"],
      ["release", "retry"],
    ],
    [["stats", "--si"], ["--since"]],
    [["tasks", "list", "--state", "fa"], ["failed"]],
    [
      ["tasks", "list", "--all", "--queue", ""],
      ["pool", "board"],
    ],
    [
      ["replay", "ti"],
      ["tiers", "timeouts"],
    ],
    [
      ["replay", "tiers", "--format", ""],
      ["text", "json"],
    ],
    [["replay", "tiers", "--trace", "pl"], ["plan.json"]],
    [
      ["init", "--client", "c"],
      ["claude", "cursor", "codex"],
    ],
    [
      ["completions", ""],
      ["bash", "zsh", "fish"],
    ],
    [["serve", "--port", ""], []],
    [["serve", "--http-po"], ["--http-port"]],
    [["status", "--watch", "--j"], ["--json"]],
    [["tasks", "list", "--session", ""], []],
  ])("%j", async (words, expected) => {
    expect((await offered(...words)).toSorted()).toEqual(expected.toSorted());
  });

  test("offers the newest tasks where an id is wanted", async () => {
    const all = [13, 12, 11, 6, 5, 4, 3, 2, 1].map(shownTaskId);
    expect(await offered("tasks", "show", "task_")).toEqual(all);
    expect(await offered("tasks", "cancel", shownTaskId(13))).toEqual([
      shownTaskId(13),
    ]);
    expect(await offered("tasks", "add", "x", "--after", "")).toEqual(all);
    expect(await offered("explain", "")).toEqual([...all, "route"]);
  });
});

describe("completions", () => {
  test("knows every command, in every shell", async () => {
    for (const shell of ["zsh", "fish"]) {
      const { stdout, code } = await runCli(["completions", shell], {
        cwd: home.folder,
        env,
      });
      expect(code).toBe(0);
      for (const word of [
        "timeout-stats",
        "heartbeat",
        "instances",
        "evidence-command",
        "ids",
      ])
        expect(stdout).toContain(word);
    }
  });

  test("says which shells there are", async () => {
    for (const args of [["completions"], ["completions", "bsh"]]) {
      const { code, stdout, stderr } = await runCli(args, {
        cwd: home.folder,
        env,
      });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("Allowed: bash, zsh, fish.");
    }
  });

  test("gives ids at most 50 at a time, and not a word where there are none", async () => {
    using many = new StoredHome();
    await many.insert(
      "tasks",
      ...Array.from({ length: 70 }, (_, i) => ({
        seq: i + 1,
        id: `task_${100 + i}`,
        kind: "k",
        input: "{}",
        priority: 0,
        state: "queued",
        attempt: 1,
        fence: 1,
        submitted_at: 0,
      })),
    );
    const ids = newestIds("task_1", many.where).trim().split("\n");
    expect(ids).toHaveLength(50);
    expect(ids[0]).toBe("task_169");
    expect(newestIds("task_16", many.where).trim().split("\n")).toHaveLength(
      10,
    );
    expect(newestIds("nothing%", many.where)).toBe("");
    for (const end of ["-wal", "-shm"])
      rmSync(many.path + end, { force: true });
    await Bun.write(many.path, "no database".repeat(1_000));
    expect(newestIds("task_", many.where)).toBe("");
    const silent = await runCli(["completions", "--ids", "x"], {
      cwd: home.folder,
      env: { ...env, FLOW_BALANCER_HOME: "/dev/null/x" },
    });
    expect(silent).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
