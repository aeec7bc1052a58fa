import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  admit,
  type AdmissionRequest,
} from "../../flow-balancer/pool/admission.ts";
import { Estimates } from "../../flow-balancer/pool/estimates.ts";
import { simulateAdmission, type Scenario } from "./admission-simulation.ts";

setDefaultTimeout(60_000);

const BASE: Scenario = {
  seed: 1,
  servers: 2,
  jobs: 10_000,
  load: 1.2,
  arrivals: "poisson",
  runs: "exponential",
  meanRunMs: 100,
  deadlineMs: 6_000,
  sessions: 4,
  priorities: [0],
};

describe("admission under load", () => {
  for (const arrivals of ["poisson", "bursts"] as const)
    for (const runs of ["constant", "exponential", "bimodal"] as const)
      for (const load of [0.5, 0.8, 1.2])
        test(`${arrivals}, ${runs} runs, ${load * 100} % of capacity`, () => {
          for (const seed of [1, 2]) {
            const outcome = simulateAdmission({
              ...BASE,
              arrivals,
              runs,
              load,
              seed,
            });
            expect(outcome.kept).toBeGreaterThanOrEqual(0.99);
            expect(outcome.goodput).toBeGreaterThanOrEqual(0.9);
            if (load > 1) expect(outcome.refused).toBeGreaterThan(500);
            if (outcome.refused >= 30)
              expect(outcome.refusalsWithinTwice).toBeGreaterThanOrEqual(0.9);
          }
        });

  test("a deadline of 30 runs is kept as well when tasks come one by one", () => {
    for (const runs of ["constant", "exponential", "bimodal"] as const) {
      const outcome = simulateAdmission({ ...BASE, runs, deadlineMs: 3_000 });
      expect(outcome.kept).toBeGreaterThanOrEqual(0.99);
      expect(outcome.goodput).toBeGreaterThanOrEqual(0.9);
      expect(outcome.refusalsWithinTwice).toBeGreaterThanOrEqual(0.9);
    }
  });

  test("what is promised to a low priority allows for what usually comes with a higher one", () => {
    for (const runs of ["constant", "exponential", "bimodal"] as const) {
      const outcome = simulateAdmission({ ...BASE, runs, priorities: [0, 5] });
      expect(outcome.kept).toBeGreaterThanOrEqual(0.99);
      expect(outcome.goodput).toBeGreaterThanOrEqual(0.9);
    }
  });

  test("the same seed gives the same run, another one another", () => {
    const once = simulateAdmission({ ...BASE, jobs: 2_000 });
    expect(simulateAdmission({ ...BASE, jobs: 2_000 })).toEqual(once);
    expect(simulateAdmission({ ...BASE, jobs: 2_000, seed: 2 })).not.toEqual(
      once,
    );
  });
});

describe("a refusal", () => {
  const expected = new Estimates().expect("k", "warm");
  const request = (more: Partial<AdmissionRequest>): AdmissionRequest => ({
    deadlineMs: null,
    expected,
    backlog: { workMs: 1_000, varianceMs2: 0, higherMs: 0, higherWorkers: 0 },
    load: { freeInMs: [100, 100], residualMs: 100 },
    demand: () => ({ beforeMs: 0, roomMs: Infinity }),
    ofKind: null,
    waiting: 10,
    maxWaiting: 20,
    ...more,
  });

  test("of a full queue names the limit, the wait, and when one place is free", () => {
    const verdict = admit(request({ waiting: 20 }));
    expect(verdict).toMatchObject({
      type: "refuse",
      code: "QUEUE_FULL",
      // (1,000 waiting + 200 running - 100 that the other still runs) / 2
      predictedWaitMs: 550,
      retryAfterMs: 28,
      message:
        "20 tasks wait already, the limit is 20; the wait would be about 550 ms",
    });
  });

  test("predicts no less than until the first server is free", () => {
    const load = { freeInMs: [100, 100], residualMs: 300 };
    for (const workMs of [0, 10]) {
      const backlog = { ...request({}).backlog, workMs };
      expect(admit(request({ backlog, load })).predictedWaitMs).toBe(50);
    }
  });

  test("of a deadline says when it would fit, or that it never would", () => {
    expect(admit(request({})).type).toBe("admit");
    const late = admit(request({ deadlineMs: 1_000 }));
    expect(late).toMatchObject({
      type: "refuse",
      code: "DEADLINE_UNREACHABLE",
      predictedWaitMs: 550,
    });
    if (late.type !== "refuse") return;
    expect(late.retryAfterMs).toBeGreaterThan(0);
    expect(late.message).toContain("the deadline of 1000 ms");
    const { retryAfterMs } = late;
    const waitedMs = 2 * (retryAfterMs ?? 0);
    expect(
      admit(
        request({
          deadlineMs: 1_000,
          backlog: {
            workMs: 1_000 - waitedMs,
            varianceMs2: 0,
            higherMs: 0,
            higherWorkers: 0,
          },
        }),
      ).type,
    ).toBe("admit");
    expect(admit(request({ deadlineMs: 200 }))).toMatchObject({
      retryAfterMs: null,
    });
  });

  test("comes where a promise to others would be broken, though its own could be kept", () => {
    const roomy = request({ deadlineMs: 5_000 });
    expect(admit(roomy)).toMatchObject({ type: "admit" });
    const demand = () => ({ beforeMs: 0, roomMs: 150 });
    expect(admit({ ...roomy, demand })).toMatchObject({
      code: "DEADLINE_UNREACHABLE",
    });
  });

  test("goes by what is promised where that is more than what takes turns with it", () => {
    const demand = () => ({ beforeMs: 20_000, roomMs: Infinity });
    expect(admit(request({ deadlineMs: 5_000, demand }))).toMatchObject({
      code: "DEADLINE_UNREACHABLE",
      predictedWaitMs: 10_050,
    });
  });

  test("of a kind with a limit goes by the kind's own queue", () => {
    const backlog = {
      workMs: 50_000,
      varianceMs2: 0,
      higherMs: 0,
      higherWorkers: 0,
    };
    const ofKind = { backlog, load: { freeInMs: [100], residualMs: 100 } };
    expect(admit(request({ ofKind, deadlineMs: 5_000 }))).toMatchObject({
      code: "DEADLINE_UNREACHABLE",
      predictedWaitMs: 50_100,
    });
  });
});
