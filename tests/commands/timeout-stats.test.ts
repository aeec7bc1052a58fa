import { describe, expect, test } from "bun:test";
import { timeoutStats } from "../../flow-balancer/store-commands/timeout-stats.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Desk } from "./run-cli.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const runs = (
  n: number,
  kind: string,
  bucket: string,
  ms: number,
  more: object = {},
) =>
  Array.from({ length: n }, (_, at) => ({
    kind,
    bucket,
    state: "completed",
    attempt: 1,
    run_ms: ms + at,
    settled_at: 1,
    ...more,
  }));

async function home(): Promise<StoredHome> {
  const made = new StoredHome();
  await made.insert(
    "outcomes",
    ...runs(60, "shell", "git status", 20_000),
    ...runs(3, "shell", "git clone", 90_000),
    ...runs(1, "shell", "git clone", 120_000, { state: "timed_out" }),
    ...runs(12, "build", "", 60_000),
  );
  return made;
}

const text = (it: StoredHome, kind: string | null = null) =>
  timeoutStats({ kind }, it.where, terminal());

describe("flow-balancer timeout-stats", () => {
  test("shows a line a kind, and what thin evidence is worth", async () => {
    using it = await home();
    const { data } = text(it);
    const [head, build, shell] = data.split("\n");
    expect(head).toMatch(
      /^kind +mostly +runs +timed out +p50 +p95 +p99 +limit/,
    );
    expect(build).toMatch(/^build .* 12 .*12 runs, not enough/);
    expect(shell).toMatch(/^shell +git status +63 +1 /);
  });

  test("shows what within a kind runs alike, and the simple rule beside it", async () => {
    using it = await home();
    const { data, notes } = text(it, "shell");
    const lines = data.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^git status +60 /);
    expect(lines[2]).toMatch(/^git clone +3 +1 .*3 runs, not enough/);
    expect(notes?.join("\n")).toContain("A simple rule (1.5 x P95) would say");
  });

  test("as one object, with what is configured beside what was learned", async () => {
    using it = await home();
    writeFileSync(
      join(it.folder, "flow-balancer.toml"),
      '[kinds.build]\nmodule = "./b.ts"\ntimeout_ms = 777\n',
    );
    const { data } = timeoutStats({ kind: null }, it.where, "json");
    expect(JSON.parse(data)).toMatchObject({
      schema: 1,
      deadlines: "learned",
      kinds: [
        { kind: "build", n: 12, configured_ms: 777 },
        {
          kind: "shell",
          n: 63,
          timeouts: 1,
          configured_ms: null,
          buckets: [
            { bucket: "git status", n: 60, basis: "own_runs" },
            { bucket: "git clone", n: 3, timeouts: 1 },
          ],
        },
      ],
    });
    expect(text(it).notes?.join()).toContain(
      "build: its timeout_ms of 777 ms is configured, and in force.",
    );
  });

  test("says that nothing has run yet, and of what kind", async () => {
    using desk = new Desk();
    const none = await desk.run(["timeout-stats"]);
    expect(none).toMatchObject({ code: 0, stdout: "" });
    expect(none.stderr).toContain("No task has ended yet.");
    using it = await home();
    expect(text(it, "b\u001bad").notes).toEqual([
      expect.stringMatching(/^No task of kind 'b.*ad' has ended yet\.$/),
    ]);
  });

  test("says where nothing that is learned is in force", async () => {
    using it = await home();
    writeFileSync(
      join(it.folder, "flow-balancer.toml"),
      '[learning]\ndeadlines = "fixed"\n',
    );
    expect(text(it).notes?.join()).toContain("not in force");
  });
});
