import { describe, expect, test } from "bun:test";
import { replayWaste } from "../../orchestrator/learning/replay-waste.ts";
import { GateSimulation } from "../../orchestrator/learning/replay-waste-gate.ts";
import {
  type AnswerRow,
  answeredTask,
  eachPair,
  tasksOf,
} from "../../orchestrator/learning/replay-waste-trace.ts";
import { answerRows } from "./waste-trace.ts";

const ROWS = answerRows({
  rates: { poor: 0.3, good: 0.8, fair: 0.6 },
  tasks: 150,
  seed: 7,
});
const tableOf = (rows: readonly AnswerRow[], truth: string, text: string) =>
  replayWaste(rows).tables.find((it) => it.truth === truth && it.text === text);
const signal = (table: ReturnType<typeof tableOf>, name: string) =>
  table?.signals.find((it) => it.signal === name);

describe("signals on recorded outputs", () => {
  test("the ladder tells redundant pairs, token Jaccard hardly does", () => {
    const table = tableOf(ROWS, "ok", "without the marked answer");
    const [simple, ladder] = ["token Jaccard", "ladder"].map((name) =>
      signal(table, name),
    );
    expect(ladder?.auc).toBeGreaterThan(0.99);
    expect(ladder?.recall).toBeGreaterThan(0.99);
    expect(ladder?.false_positive_rate).toBeLessThan(0.02);
    expect(simple?.auc).toBeLessThan(0.9);
  });

  test("see the text alone: what was marked ok changes no score", () => {
    const turned = ROWS.map((row, at) => ({ ...row, ok: at % 3 === 0 }));
    for (const text of ["whole", "without the marked answer"])
      expect(tableOf(turned, "marked answer", text)).toEqual(
        tableOf(ROWS, "marked answer", text),
      );
    expect(tableOf(turned, "ok", "whole")).not.toEqual(
      tableOf(ROWS, "ok", "whole"),
    );
  });

  test("don't see the marked answer where it is taken out", () => {
    const lying = ROWS.map((row, at) => ({
      ...row,
      output: row.output.replace(/A: .*/, `A: ${at}`),
    }));
    expect(tableOf(lying, "ok", "without the marked answer")).toEqual(
      tableOf(ROWS, "ok", "without the marked answer"),
    );
    expect(signal(tableOf(lying, "ok", "whole"), "ladder")?.auc).toBe(0.5);
  });

  test("are not judged where nothing says what is redundant", () => {
    const bare = ROWS.map((row) => ({
      ...row,
      ok: null,
      output: row.output.replace(/\nA: .*/, ""),
    }));
    const report = replayWaste(bare);
    expect(report.tables).toEqual([]);
    expect(report.gate.map((it) => it.accepted_by)).toEqual([
      "majority",
      "majority",
    ]);
    expect(report.gate[0]?.accepted_right).toBeNull();
  });

  test("rows of a task need not stand together", () => {
    const byExpert = ["poor", "good", "fair"].flatMap((name) =>
      ROWS.filter(({ expert }) => expert === name),
    );
    expect(replayWaste(byExpert)).toEqual(replayWaste(ROWS));
  });

  test("an even sample of pairs, the same in every run", () => {
    const sampled = (): string[] => {
      const found: string[] = [];
      for (const task of tasksOf(ROWS))
        eachPair(answeredTask(task), 0.25, (a, b) =>
          found.push(`${task.id} ${a} ${b}`),
        );
      return found;
    };
    expect(sampled()).toEqual(sampled());
    expect(Math.abs(sampled().length / 450 - 0.25)).toBeLessThan(0.05);
  });
});

describe("the gate on recorded outputs", () => {
  const figures = (
    rows: readonly AnswerRow[],
    rule: string,
    gated: boolean,
  ) => {
    const found = replayWaste(rows).gate.find(
      (it) => it.accepted_by === rule && it.gated === gated,
    );
    if (found === undefined) throw new Error("no such run");
    return found;
  };

  test("goes to the one good expert where the others change little, and wastes less", () => {
    const rows = answerRows({
      rates: { poor: 0.2, good: 0.95, weak: 0.3 },
      tasks: 400,
      seed: 8,
    });
    const all = figures(rows, "weighted", false);
    const gated = figures(rows, "weighted", true);
    expect(all).toMatchObject({ calls_per_task: 3, accepted_as_all: 1 });
    expect(gated.calls_per_task).toBeLessThan(1.5);
    expect(gated.waste).toBeLessThan(all.waste * 0.6);
    expect(gated.probes).toBeGreaterThan(10);
    expect(gated.accepted_right).toBeGreaterThan(0.93);
  });

  test("lets all run where the others change the result more often than not", () => {
    const rows = answerRows({
      rates: { a: 0.45, b: 0.45, c: 0.45, d: 0.45, e: 0.45 },
      tasks: 200,
      seed: 9,
    });
    expect(figures(rows, "majority", true).single_tasks).toBe(0);
  });

  test("never sees the future, nor what an expert who wasn't asked would have said", () => {
    const tasks = tasksOf(
      answerRows({
        rates: { a: 0.7, b: 0.25, c: 0.25, d: 0.25 },
        tasks: 300,
        seed: 10,
      }),
    ).map(answeredTask);
    const played = (of: typeof tasks) => {
      const simulation = new GateSimulation("weighted", true);
      return of.map((task) => {
        const before = simulation.figures().single_tasks;
        const accepted = simulation.step(task, null);
        return { accepted, one: simulation.figures().single_tasks > before };
      });
    };
    const whole = played(tasks);
    expect(played(tasks.slice(0, 120))).toEqual(whole.slice(0, 120));
    // In tasks of one expert, what the others wrote is turned into something else.
    const changed = tasks.map((task, at) => ({
      ...task,
      answers: task.answers.map((answer) =>
        whole[at]?.one === true && answer.key !== whole[at].accepted
          ? { ...answer, key: "answer -1", ok: true }
          : answer,
      ),
    }));
    expect(whole.filter(({ one }) => one).length).toBeGreaterThan(50);
    expect(played(changed)).toEqual(whole);
  });
});
