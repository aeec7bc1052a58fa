import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { topFrame } from "../../flow-balancer/commands/top/top-frame.ts";
import {
  keysIn,
  pressed,
  START,
  type TopState,
  VIEWS,
} from "../../flow-balancer/commands/top/top-state.ts";
import { TopReader } from "../../flow-balancer/store-commands/read-top.ts";
import { StoredHome, terminal } from "./stored-home.ts";

// oxlint-disable-next-line no-control-regex
const STEERS = /[\u0000-\u001F\u007F-\u009F\u202E]/;

const after = (keys: string, rows = 5): TopState => {
  let state = START;
  for (const key of keysIn(keys)) {
    const next = pressed(state, key, rows);
    if (typeof next === "string") throw new Error(next);
    state = next;
  }
  return state;
};

describe("the keys of top", () => {
  test.each([
    ["3", { view: "board" }],
    ["\t\t", { view: "board" }],
    ["\u001B[Z", { view: "instances" }],
    ["jjj", { row: 3 }],
    ["jjjjjjjjj", { row: 4 }],
    ["\u001B[B\u001B[A\u001B[A", { row: 0 }],
    ["\u001B[6~", { row: 4 }],
    ["Gk", { row: 3 }],
    ["jj2", { view: "tasks", row: 0 }],
    ["/q2\r", { filter: "q2", isTyping: false, view: "workers" }],
    ["/日本\u007F", { filter: "日", isTyping: true }],
    ["/x\u001B", { filter: "", isTyping: false }],
    ["/x\r\u001B", { filter: "" }],
    ["/\u0007\u0000a", { filter: "a" }],
    ["pp", { isPaused: false }],
    ["p?", { isPaused: true, isHelp: true }],
    ["?\u001B", { isHelp: false }],
  ] as const)("%j", (keys, said) => {
    expect(after(keys)).toMatchObject(said);
  });

  test("q quits unless it is typed, Ctrl-C always", () => {
    expect(pressed(START, "q", 1)).toBe("quit");
    expect(pressed(after("/"), "\u0003", 1)).toBe("interrupt");
  });
});

async function busyHome(): Promise<StoredHome> {
  const home = new StoredHome();
  const { env } = home;
  await home.instance("a");
  await home.task(1, {
    kind: "日本語\u001B[2J",
    state: "running",
    holder: "instance_a",
    started_at: env.now() - 30_000,
    timeout_ms: 20_000,
  });
  await home.task(2, {
    kind: "late",
    state: "running",
    holder: "instance_a",
    started_at: env.now() - 5_000,
  });
  await home.item(
    3,
    "Write \u009B31m\u202E the 日本語 handbook of everything there is",
  );
  await home.insert(
    "outcomes",
    ...Array.from({ length: 30 }, (_, i) => ({
      kind: "late",
      state: i === 0 ? "failed" : "completed",
      tier: "warm",
      wait_ms: 1,
      start_ms: 1,
      run_ms: 1_000 + i,
      attempt: 1,
      settled_at: env.now() - 1_000 * i,
    })).reverse(),
  );
  return home;
}

describe("a frame of top", () => {
  test("has a line for each row of the terminal, none wider than it, and nothing that steers it", async () => {
    using home = await busyHome();
    const facts = new TopReader(home.where).read();
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...VIEWS),
        fc.nat(9),
        fc.constantFrom("", "a", "日"),
        fc.boolean(),
        (width, height, view, row, filter, isHelp) => {
          const state = { ...START, view, row, filter, isHelp };
          const { lines } = topFrame(facts, state, height, terminal(width));
          expect(lines).toHaveLength(height);
          for (const line of lines)
            expect([line, Bun.stringWidth(line) <= width]).toEqual([
              line,
              true,
            ]);
          expect(lines.join("")).not.toMatch(STEERS);
        },
      ),
      { seed: 6, numRuns: 150 },
    );
  });

  test("shows a run beyond its own limit red, and one beyond the p95 of its kind bold", async () => {
    using home = await busyHome();
    const { lines } = topFrame(
      new TopReader(home.where).read(),
      START,
      24,
      terminal(120, true),
    );
    const line = (text: string) => lines.find((it) => it.includes(text)) ?? "";
    expect(line("日本語")).toStartWith("\u001B[31m");
    expect(line("日本語")).toContain("████████");
    expect(line("late")).toStartWith("\u001B[1m");
    expect(lines[2]).toContain("30/min in 60 s, 1 failed, run p50");
  });

  test("follows what ends, and forgets what ended a minute ago", async () => {
    using home = await busyHome();
    const reader = new TopReader(home.where);
    expect(reader.read().ended).toHaveLength(30);
    home.env.advance(40_000);
    await home.insert("outcomes", {
      kind: "late",
      state: "completed",
      attempt: 1,
      settled_at: home.env.now(),
    });
    const { ended } = reader.read();
    expect(ended).toHaveLength(22);
    home.env.advance(61_000);
    expect(reader.read().ended).toEqual([]);
  });

  test("goes on showing what it read where it cannot read any more, and says so", async () => {
    using home = await busyHome();
    const reader = new TopReader(home.where);
    reader.read();
    await Bun.write(home.path, "no database".repeat(1_000));
    for (const end of ["-wal", "-shm"])
      await Bun.file(home.path + end)
        .delete()
        .catch(() => {});
    const facts = reader.read();
    expect(facts.trouble).toContain("damaged");
    expect(facts.held).toHaveLength(2);
  });

  test("reads a store of the first version", () => {
    using home = new StoredHome();
    home.writeOld();
    const facts = new TopReader(home.where).read();
    expect(facts.newest).toHaveLength(1);
    expect(facts).toMatchObject({
      held: [],
      board: [],
      ended: [],
      trouble: null,
    });
  });
});
