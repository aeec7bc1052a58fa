/** A short run of the nemesis; `bun run nemesis --kills 200` is the long one. */

import { expect, test } from "bun:test";
import { breaches } from "./breaches.ts";
import { nemesis, type NemesisReport } from "./nemesis.ts";

const KILLS = 12;
const LIMIT_MS = 180_000;

test(
  "servers and workers that are killed and stopped under work lose nothing and accept nothing twice",
  async () => {
    const seed = Number(process.env["SEED"] ?? 1 + (Date.now() % 1_000_000));
    const report = await nemesis({ kills: KILLS, seed, rate: 60 });
    process.stderr.write(
      `nemesis, seed ${seed}: ${report.acknowledged} acknowledged under ${report.kills} kills and ${report.faults.stops} stops, ${report.staleRejected} stale results refused\n`,
    );
    // How fast this machine is beside other work is not what this is about.
    expect(
      breaches({ ...report, acknowledgedPerSecond: Number.POSITIVE_INFINITY }),
    ).toEqual([]);
  },
  LIMIT_MS,
);

test("a run that broke a promise, or that proved nothing, is said to have", () => {
  const fine: NemesisReport = {
    seed: 1,
    seconds: 10,
    acknowledged: 1_000,
    acknowledgedPerSecond: 100,
    lost: [],
    unfinished: [],
    doublyAccepted: 0,
    staleRejected: 30,
    byState: { completed: 1_000 },
    takenOver: 5,
    faults: { workers: 100, servers: 100, allAtOnce: 1, stops: 9 },
    kills: 200,
    integrityChecks: 99,
    damage: [],
    changed: [],
    effects: 200,
    effectsTwice: 0,
  };
  expect(breaches(fine)).toEqual([]);
  const worse: [Partial<NemesisReport>, string][] = [
    [{ lost: ["task_1"] }, "lost: task_1"],
    [{ unfinished: ["task_1"] }, "never ended"],
    [{ doublyAccepted: 1 }, "accepted twice"],
    [{ changed: ["task_1"] }, "changed"],
    [{ effectsTwice: 1 }, "ran twice"],
    [{ damage: ["bad page"] }, "damage"],
    [{ staleRejected: 20 }, "vacuous"],
    [{ takenOver: 0 }, "vacuous"],
    [{ acknowledgedPerSecond: 49.9 }, "vacuous"],
  ];
  for (const [more, says] of worse) {
    const found = breaches({ ...fine, ...more });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(says);
  }
});
