import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replay } from "../../flow-balancer/replay/replay.ts";
import { newRules } from "../../orchestrator/learning/replay-aggregation.ts";
import type { RecordedTask } from "../../orchestrator/learning/replay-aggregation-rules.ts";
import { answersTo } from "../orchestrator/aggregate-answers.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-aggregation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function trace(rows: readonly string[]): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, ["id,expert,ok,output", ...rows, ""].join("\n"));
  return path;
}

const report = async (rows: readonly string[]) =>
  JSON.parse(await replay("aggregation", { trace: trace(rows), json: true }));

/** Three weak ones and a strong one; wrong answers often coincide. */
const TASKS = answersTo(
  1_000,
  { a: 0.3, b: 0.3, c: 0.35, d: 0.75 },
  { wrong: 3 },
);
const RECORDED: RecordedTask[] = TASKS.map((answers) => ({
  type: "sum",
  answers,
}));
const NUMBERS: Readonly<Record<string, string>> = {
  right: "12",
  "wrong 0": "7",
  "wrong 1": "8",
  "wrong 2": "9",
};
const ROWS = TASKS.flatMap((answers, task) =>
  answers.map(
    ({ expert, key, ok }) =>
      `sum-${task},${expert},${Number(ok)},"It comes to this.\n#### ${NUMBERS[key ?? ""]}"`,
  ),
);

interface Figures {
  readonly rule: string;
  readonly accuracy: number;
  readonly calls: number;
  readonly answered: number;
  readonly precision: number;
}

describe("replay aggregation", () => {
  test("unequal experts: the majority loses to the best of them, the weighted vote doesn't", async () => {
    const { tasks, checked_tasks, best_single, rules, experts, targets } =
      await report(ROWS);
    expect({ tasks, checked_tasks, best_single }).toEqual({
      tasks: 1_000,
      checked_tasks: 1_000,
      best_single: "d",
    });
    const of = (name: string): Figures =>
      [...rules, ...experts].find(({ rule }: Figures) => rule === name);
    expect(of("d").accuracy).toBe(
      TASKS.filter((answers) => answers[3]?.ok).length / 1_000,
    );
    expect(of("majority").accuracy).toBeLessThan(of("d").accuracy - 0.1);
    expect(targets.over_majority).toBeGreaterThan(8);
    expect(targets.over_best_single).toBeGreaterThan(-0.5);
    // The same answers, with fewer calls.
    const all = of("weighted, learned from checks");
    const settled = of("the same, votes until settled");
    expect(settled.accuracy).toBe(all.accuracy);
    expect(all.calls).toBe(4);
    expect(settled.calls).toBe(targets.calls_same_verdict);
    expect(settled.calls).toBeLessThan(3.5);
    // What it stands by is right more often than what it only guesses.
    const ensemble = of("run_ensemble, checks teach");
    expect(ensemble.answered).toBeLessThan(1);
    expect(ensemble.precision).toBeGreaterThan(ensemble.accuracy);
  });

  test("no rule sees whether an answer to the task at hand is right before it has chosen", () => {
    const chosenLast = (tasks: readonly RecordedTask[]) =>
      newRules().map(
        (rule) => tasks.map((task) => rule.choose(task)).at(-1)?.chosen?.expert,
      );
    for (let upTo = 1; upTo <= 40; upTo++) {
      const seen = RECORDED.slice(0, upTo);
      const last = seen.at(-1);
      const turned: RecordedTask = {
        type: "sum",
        answers:
          last?.answers.map((answer) => ({ ...answer, ok: !answer.ok })) ?? [],
      };
      expect(chosenLast([...seen.slice(0, -1), turned])).toEqual(
        chosenLast(seen),
      );
    }
  });

  test("what is learned from agreement alone, and by no rule that isn't told, hangs on no label at all", () => {
    const choices = (tasks: readonly RecordedTask[]) =>
      newRules()
        .filter(
          ({ rule }) =>
            !/from checks|checks teach|the same|best expert/.test(rule),
        )
        .map((rule) => tasks.map((task) => rule.choose(task).chosen?.expert));
    const unlabelled = RECORDED.map(({ type, answers }) => ({
      type,
      answers: answers.map((answer) => ({ ...answer, ok: null })),
    }));
    expect(choices(unlabelled)).toEqual(choices(RECORDED));
  });

  test("where nobody checked, no accuracy is told, but calls are", async () => {
    const { rules, checked_tasks, oracle, best_single } = await report(
      ROWS.map((row) => row.replace(/,[01],/, ",,")),
    );
    expect({ checked_tasks, oracle, best_single }).toEqual({
      checked_tasks: 0,
      oracle: null,
      best_single: null,
    });
    for (const { accuracy, calls } of rules as Figures[]) {
      expect(accuracy).toBeNull();
      expect(calls).toBeGreaterThan(0);
    }
  });

  test("for people: definitions beside the figures, one column under the other", async () => {
    const text = await replay("aggregation", {
      trace: trace(ROWS),
      json: false,
    });
    expect(text).toContain("1,000 tasks, 1,000 of them checked, 4 experts");
    expect(text).toContain("told ok of each");
    expect(text).toContain("never told ok");
    expect(text).toMatch(/Weighted by checks: \+\d+\.\d points over majority/);
    const unchecked = await replay("aggregation", {
      trace: trace(["1,a,,x", "1,b,,y"]),
      json: false,
    });
    expect(unchecked).toContain(
      "Nothing was checked: no accuracy can be told.",
    );
  });

  test("rows of one task need not stand together; an empty output is no answer", async () => {
    const { tasks, experts } = await report([
      "1,a,1,12",
      "2,a,1,7",
      "1,b,0,",
      "2,b,1,7",
    ]);
    expect(tasks).toBe(2);
    expect(experts).toMatchObject([
      { rule: "a", accuracy: 1 },
      { rule: "b", accuracy: 0.5 },
    ]);
  });

  test.each([
    ["1,a,yes,12", "line 2: ok is 'yes'"],
    [",a,1,12", "line 2: id is empty"],
    ["1,,1,12", "line 2: expert is empty"],
  ])("refuses %s", async (row, says) => {
    await expect(
      replay("aggregation", { trace: trace([row]), json: true }),
    ).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });
});
