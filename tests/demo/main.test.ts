import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  test,
} from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DemoReport } from "../../flow-balancer/demo/report.ts";
import { marked } from "../support/processes.ts";
import { until } from "../support/until.ts";
import { SampleRepository } from "./sample-repository.ts";

const MAIN = resolve(import.meta.dir, "../../flow-balancer/demo/main.ts");
const FILES = {
  "src/one.ts": "export const one = 1;\n".repeat(40),
  "src/two words.ts": "// größe\nexport const two = 2;\n".repeat(30),
  "src/empty.py": "",
  "README.md": "# Sample\n\nNo newline at the end",
  "-dash.txt": "a name that looks like an option\n",
};

let sample: SampleRepository;
beforeAll(async () => {
  sample = new SampleRepository();
  for (const [path, content] of Object.entries(FILES))
    await sample.write(path, content);
  sample.commit("First");
  await sample.write("README.md", "# Sample\n\nA new line\n");
  await sample.write("logo.bin", new Uint8Array([1, 0, 2]));
  symlinkSync("README.md", join(sample.root, "link.md"));
  sample.commit("Second");
});
afterAll(() => sample.remove());
afterEach(() => {
  expect(marked(sample.mark)).toEqual([]);
  expect(readdirSync(sample.temporary)).toEqual([]);
});

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  Bun.spawn([process.execPath, MAIN, ...args], {
    cwd: sample.place,
    env: { ...sample.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });

async function demo(args: readonly string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

describe("on a small repository", () => {
  test("it measures every tracked text file, and its own checks agree", async () => {
    const { stdout, exitCode } = await demo(["--repo", "repo", "--json"]);
    const report = JSON.parse(stdout) as DemoReport;
    expect(report).toMatchObject({
      schema: 1,
      repo: sample.root,
      ok: true,
      protocol: "2026-07-28",
      files: {
        analysed: 5,
        left_out: { binary: 1, not_a_file: 1, too_large: 0, not_sampled: 0 },
      },
      history: { commits: 2, authors: 1, partial: false },
    });
    expect(exitCode).toBe(0);
    const expected = Object.entries({
      ...FILES,
      "README.md": "# Sample\n\nA new line\n",
    }).map(([path, text]) => ({
      path,
      lines: text.split("\n").length - 1,
      bytes: Buffer.byteLength(text),
      sha256: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
    }));
    for (const file of expected)
      expect(report.top_files).toContainEqual(expect.objectContaining(file));
    expect(report.top_files.map(({ path }) => path).slice(0, 2)).toEqual([
      "src/two words.ts",
      "src/one.ts",
    ]);
    const words = Object.values({
      ...FILES,
      "README.md": "# Sample\n\nA new line\n",
    }).flatMap((text) => text.split(/\s+/).filter((word) => word !== ""));
    expect(report.files.words).toBe(words.length);
    expect(report.checks.map(({ ok }) => ok)).toEqual([true, true, true, true]);
  });

  test("the figures of the runs come from all their tasks", async () => {
    const { stdout } = await demo(["--repo", "repo", "--json", "--workers=3"]);
    const { tasks, speedup } = JSON.parse(stdout) as DemoReport;
    // Five files, wc and git log.
    expect(speedup).toMatchObject({ workers: 3, tasks_a_run: 7 });
    expect(speedup.single_ms).toHaveLength(speedup.parallel_ms.length);
    expect(tasks.completed).toBe(7 * speedup.parallel_ms.length);
    const { hot, warm, cold } = tasks.tiers;
    expect(hot + warm + cold).toBe(tasks.completed);
    // Each worker was warmed up before, and each was cold once.
    expect(tasks.warm_up_tiers.cold).toBe(3);
    for (const { p50, p95 } of [tasks.wait_ms, tasks.start_ms, tasks.run_ms])
      expect(p95).toBeGreaterThanOrEqual(p50);
    expect(tasks.run_ms.p50).toBeGreaterThan(0);
  });

  test("people get tables on stdout and plain progress on stderr", async () => {
    const { stdout, stderr, exitCode } = await demo(["--repo", "repo/src"]);
    expect(exitCode).toBe(0);
    for (const heading of [
      "Languages",
      "Top 5 by lines",
      "wc        ",
      "git log   2 commits by 1 author",
      "Tiers     hot ",
      "Speed-up  ",
      "Checks    ok  SHA-256 of 5 files",
    ])
      expect(stdout).toContain(heading);
    expect(stdout).toEndWith("\n");
    expect(stdout + stderr).not.toContain("\u001B");
    expect(stderr).toMatch(/^\d+ workers, run 1: 7\/7$/m);
    expect(stderr).toMatch(/^1 worker, run 1: 7\/7$/m);
  });

  test("settings of the user and of the repository play no part", async () => {
    await Bun.write(join(sample.root, "flow-balancer.toml"), "nonsense = 1\n");
    const { exitCode } = await demo(["--repo", "repo", "--json"], {
      FLOW_BALANCER_HOME: "/nonexistent",
      CLAUDE_PROJECT_DIR: "/nonexistent",
      GIT_DIR: "/nonexistent",
    });
    expect(exitCode).toBe(0);
  });
});

describe("what cannot work ends with one sentence", () => {
  test.each([
    ["a folder without git", ["--repo", "."], 2, "not a git repository"],
    ["no such folder", ["--repo", "nowhere"], 2, "there is no folder"],
    ["a count that is none", ["--workers", "many"], 2, "must be 1..64"],
    ["an option that is none", ["--fast"], 2, "unknown argument '--fast'"],
  ])("%s", async (_name, args, code, words) => {
    const { stdout, stderr, exitCode } = await demo(args);
    expect(stdout).toBe("");
    expect(stderr).toContain(`demo: `);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
    expect(exitCode).toBe(code);
  });

  test("a repository without files", async () => {
    const other = join(sample.place, "other");
    Bun.spawnSync(["git", "init", "--quiet", other], { env: sample.env });
    const { stderr, exitCode } = await demo(["--repo", other]);
    expect(stderr).toContain("has no tracked text files");
    expect(exitCode).toBe(1);
  });

  test("no git", async () => {
    const { stderr, exitCode } = await demo(["--repo", "repo"], {
      PATH: sample.temporary,
    });
    expect(stderr).toContain("git is not on the PATH");
    expect(exitCode).toBe(1);
  });

  test("a task that fails is named, and fails the demo", async () => {
    const bin = join(sample.place, "bin-without-wc");
    mkdirSync(bin);
    symlinkSync(Bun.which("git") ?? "", join(bin, "git"));
    const { stdout, stderr, exitCode } = await demo(["--repo", "repo"], {
      PATH: bin,
    });
    expect(stdout).toBe("");
    expect(stderr).toContain("wc -lwc");
    expect(stderr).toContain("COMMAND_NOT_FOUND");
    expect(exitCode).toBe(1);
  });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "%s in the middle of the work ends everything",
  async (signal, code) => {
    const child = start(["--repo", "repo"]);
    const reader = child.stderr.getReader();
    const decoder = new TextDecoder();
    let said = "";
    await until("a run has begun", async () => {
      const { value } = await reader.read();
      said += decoder.decode(value, { stream: true });
      return said.includes("run 1");
    });
    expect(marked(sample.mark).length).toBeGreaterThan(2);
    child.kill(signal);
    expect(await child.exited).toBe(code);
    expect(await child.stdout.text()).toBe("");
    await reader.cancel();
    await until("nothing is left", () => marked(sample.mark).length === 0);
  },
);
