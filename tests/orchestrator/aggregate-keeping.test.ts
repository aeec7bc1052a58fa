import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  EnsembleAnswer,
  EnsembleQuestion,
} from "../../flow-balancer/core/ensemble.ts";
import { EnsembleKeeping } from "../../flow-balancer/ensemble-keeping.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";

const QUESTION: EnsembleQuestion = {
  id: "0",
  type: "sums",
  seats: ["a", "a", "a"],
  strategy: "auto",
  resultKind: null,
  check: null,
  minSupport: null,
  allAtOnce: false,
};

let folder: string;
let store: Store;
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ensemble-"));
  store = openStore(join(folder, "flow.db"), "normal", bunEnv);
  warnings = [];
});
afterEach(() => {
  store.raw.close();
  rmSync(folder, { recursive: true, force: true });
});

const keeping = (): EnsembleKeeping =>
  new EnsembleKeeping({
    env: bunEnv,
    store,
    experts: [],
    log: (_, event) => void warnings.push(event),
  });

/** Attempts that all say the same, as many as are asked for. */
function ask(of: EnsembleKeeping, id: number): EnsembleAnswer {
  const run = of.begin({ ...QUESTION, id: String(id) });
  const results: { seat: number; value: number; score: null; cost: number }[] =
    [];
  for (;;) {
    const progress = { isNew: true, results, running: [], failed: [] };
    const { settled, start } = run.next(progress);
    if (settled !== null || start.length === 0)
      return run.conclude(progress, []);
    for (const seat of start)
      results.push({ seat, value: 7, score: null, cost: 1 });
  }
}

describe("what ensembles showed", () => {
  test("one is asked where the others surely change nothing, by the next server from the start", async () => {
    const first = keeping();
    let runs = 0;
    while (ask(first, runs).strategy !== "single")
      expect(++runs).toBeLessThan(200);
    expect(runs).toBeGreaterThanOrEqual(20);
    await first.save();
    const answers = Array.from({ length: 200 }, (_, id) =>
      ask(keeping(), 1_000 + id),
    );
    const single = answers.filter(
      ({ strategy }) => strategy === "single",
    ).length;
    // All but probes: one in 20.
    expect(single).toBeGreaterThan(175);
    expect(single).toBeLessThan(200);
    expect(warnings).toEqual([]);
  });

  test("the same question comes to the same choice until more was seen", async () => {
    const first = keeping();
    for (let id = 0; id < 60; id++) ask(first, id);
    await first.save();
    for (let id = 0; id < 50; id++)
      expect(ask(keeping(), id).strategy).toBe(ask(keeping(), id).strategy);
  });

  test("servers that take turns learn from one another", async () => {
    const [one, other] = [keeping(), keeping()];
    for (let id = 0; id < 10; id++) {
      ask(one, id);
      await one.save();
      ask(other, id);
      await other.save();
    }
    expect(keeping().explain("sums").join("\n")).toContain("20 runs");
  });

  test("of two servers that save in the same moment neither loses what it saw", async () => {
    const servers = [keeping(), keeping(), keeping()];
    for (let id = 0; id < 5; id++) {
      for (const server of servers) ask(server, id);
      await Promise.all(servers.map((server) => server.save()));
    }
    expect(keeping().explain("sums").join("\n")).toContain("15 runs");
    expect(warnings).toEqual([]);
  });

  test("what is damaged is not used, and said", async () => {
    const first = keeping();
    ask(first, 1);
    await first.save();
    store.raw.run(
      "UPDATE learned_states SET state = json_set(state, '$.reliability.all.same_wrong', json('[\"many\", 1]'))",
    );
    expect(keeping().explain("sums").join("\n")).toContain("0 runs");
    expect(warnings).toEqual(["learned.damaged"]);
  });

  test("what could not be saved is saved with the next", async () => {
    const first = keeping();
    ask(first, 1);
    await first.save();
    store.raw.run("ALTER TABLE learned_states RENAME TO away");
    ask(first, 2);
    await first.save();
    expect(warnings).toContain("learned.not_saved");
    store.raw.run("ALTER TABLE away RENAME TO learned_states");
    ask(first, 3);
    await first.save();
    expect(keeping().explain("sums").join("\n")).toContain("3 runs");
  });
});
