import { describe, expect, test } from "bun:test";
import { closedLoop, type EchoInput } from "../../benchmarks/closed-loop.ts";
import { mixedWorkload } from "../../benchmarks/mixed-workload.ts";
import {
  loadCases,
  type LoadSample,
  poolTargets,
} from "../../benchmarks/pool-targets.ts";
import {
  gcPauses,
  summariseProfile,
} from "../../benchmarks/profile-summary.ts";
import { isMet } from "../../benchmarks/report.ts";
import { sampleText } from "../../benchmarks/sample-text.ts";
import { seededRandom } from "../../benchmarks/seeded-random.ts";

describe("a closed loop", () => {
  const load = { inFlight: 3, ms: 0, chars: 5 };

  test("keeps so many calls in flight, each with a serial of its own", async () => {
    const serials = new Set<number>();
    let inFlight = 0;
    let most = 0;
    const { latencies } = await closedLoop(async (input) => {
      most = Math.max(most, ++inFlight);
      await Promise.resolve();
      inFlight--;
      serials.add(input.serial);
      expect(input.text).toHaveLength(5);
      return { ...input };
    }, load);
    expect(most).toBe(3);
    expect(latencies).toHaveLength(3);
    expect(serials.size).toBe(3);
  });

  test.each<[string, (input: EchoInput) => unknown]>([
    ["another serial", (input) => ({ ...input, serial: input.serial + 1 })],
    ["another text", (input) => ({ ...input, text: "other" })],
    ["nothing", () => ({})],
  ])("stops at %s", async (_, answer) => {
    await expect(
      closedLoop((input) => Promise.resolve(answer(input)), load),
    ).rejects.toThrow("was answered with");
  });
});

describe("the contest of pools", () => {
  const sample = (
    name: string,
    role: LoadSample["role"],
    latency: number,
    rate: number,
  ): LoadSample => ({
    name,
    role,
    latencies: [latency, latency, 2 * latency],
    rates: [rate],
  });
  const at = (inFlight: number, ours: number, ...more: LoadSample[]) =>
    loadCases(
      [
        sample("floor", "floor", 10, 100),
        sample("ours", "ours", 13, ours),
        ...more,
      ],
      `${inFlight} in flight`,
    );
  const targetsWith = (ours64: number, ours512: number) =>
    poolTargets(
      new Map([
        [1, at(1, 50)],
        [
          64,
          at(
            64,
            ours64,
            sample("slow", "peer", 1, 10),
            sample("fast", "peer", 9, 20),
            sample("other", "other", 1, 900),
          ),
        ],
        [512, at(512, ours512)],
      ]),
      "1 worker",
    );

  test("compares with the floor, and with the fastest peer by throughput", () => {
    const targets = targetsWith(60, 54);
    expect(targets.map(({ measured }) => measured)).toEqual([
      1.3, 1.3, 0.6, 3, 0.9,
    ]);
    expect(targets[3]?.name).toContain("fast");
    expect(targets.map(isMet)).toEqual([true, true, true, true, true]);
  });

  test("says of each promise that it is not kept", () => {
    expect(targetsWith(59, 53).map(isMet)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test("every case but the floor's names the floor", () => {
    const { cases } = at(64, 60);
    expect(cases.map(({ ratio_to }) => ratio_to)).toEqual([
      undefined,
      "floor, latency, 64 in flight",
      undefined,
      "floor, throughput, 64 in flight",
    ]);
  });

  test("without a floor, or a load, there is no result", () => {
    expect(() => loadCases([sample("a", "ours", 1, 1)], "x")).toThrow("floor");
    expect(() => poolTargets(new Map([[1, at(1, 50)]]), "x")).toThrow("load");
  });
});

test("the mixed workload is the same again, has its shares, and a busiest session", () => {
  const first = mixedWorkload(4, seededRandom(5)).take(20_000).toArray();
  const again = mixedWorkload(4, seededRandom(5)).take(20_000).toArray();
  expect(again).toEqual(first);
  const share = (of: (task: (typeof first)[number]) => boolean): number =>
    first.filter(of).length / first.length;
  expect(share(({ kind }) => kind === "echo")).toBeCloseTo(0.4, 1);
  expect(share(({ kind }) => kind === "count-tokens")).toBeCloseTo(0.15, 1);
  expect(
    first.every(
      ({ kind, session }) => (kind === "mcp-sdk") === (session !== null),
    ),
  ).toBe(true);
  // 1, 1/2, 1/3, 1/4 of 25/12.
  const inSession = first.filter(({ session }) => session !== null);
  for (const [index, weight] of [0.48, 0.24, 0.16, 0.12].entries())
    expect(
      inSession.filter(({ session }) => session === `session-${index}`).length /
        inSession.length,
    ).toBeCloseTo(weight, 1);
});

test("a sample text has its length, its line ends and quotes, and nothing beyond ASCII", () => {
  for (const length of [0, 1, 100, 65_536, 200_000])
    expect(sampleText(length)).toHaveLength(length);
  const text = sampleText(10_000);
  expect(text).toMatch(/\n/);
  expect(text).toMatch(/"/);
  expect(new TextEncoder().encode(text)).toHaveLength(text.length);
});

describe("a profile's summary", () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url },
  });

  test("gives self time to functions and owners, and what lies between samples to nobody's code", () => {
    const { totalMs, owners, functions } = summariseProfile(
      {
        nodes: [
          node(1, "assign", "file:///repo/flow-balancer/pool/slot.ts"),
          node(2, "send", ""),
          node(3, "parse", "file:///repo/node_modules/zod/core.js"),
          node(4, "assign", "file:///repo/flow-balancer/pool/slot.ts"),
          node(5, "caller", "file:///repo/benchmarks/loop.ts"),
          node(6, "on", "node:events"),
        ],
        samples: [1, 2, 3, 4, 5, 6],
        timeDeltas: [200, 500, 100, 300, 100, 5_000],
      },
      "/repo",
    );
    expect(totalMs).toBeCloseTo(6.2);
    expect(functions[1]).toEqual({
      name: "assign",
      file: "flow-balancer/pool/slot.ts",
      owner: "ours",
      ms: 0.5,
    });
    expect(functions.map(({ file }) => file).join(" ")).not.toContain("/repo");
    expect([...owners].filter(([, ms]) => ms > 0)).toEqual([
      ["ours", 0.5],
      ["the bench", 0.1],
      ["packages", 0.1],
      ["Bun: modules", 1],
      ["Bun: native", 0.5],
      ["outside JavaScript", 4],
    ]);
  });

  test("adds up the collector's pauses", () => {
    expect(
      gcPauses(
        "[GC<0x1>: START M 81kb p=1.5ms (max 1.5)...]\n[GC<0x1>: M => 27kb, p=2.25ms (max 2.25), cycle 4.0ms END]\n",
      ),
    ).toEqual({ count: 2, totalMs: 3.75, longestMs: 2.25 });
    expect(gcPauses("")).toEqual({ count: 0, totalMs: 0, longestMs: 0 });
  });
});
