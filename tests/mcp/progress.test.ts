import { describe, expect, test } from "bun:test";
import { MIN_INTERVAL_MS, Progress } from "../../flow-balancer/mcp/progress.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

function watched(): { clock: FakeEnv; progress: Progress; sent: number[] } {
  const clock = new FakeEnv();
  const sent: number[] = [];
  const progress = new Progress(clock, (report) => sent.push(report.progress));
  return { clock, progress, sent };
}

describe("Progress", () => {
  test("the first report goes out at once, the next after the interval, the last at the end", () => {
    const { clock, progress, sent } = watched();
    progress.report(1);
    progress.report(2);
    progress.report(3);
    expect(sent).toEqual([1]);
    clock.advance(MIN_INTERVAL_MS);
    expect(sent).toEqual([1, 3]);
    progress.report(4);
    progress.finish();
    expect(sent).toEqual([1, 3, 4]);
  });

  test("what does not grow is not sent", () => {
    const { clock, progress, sent } = watched();
    for (const done of [5, 5, 4, Number.NaN, 6]) {
      progress.report(done);
      clock.advance(MIN_INTERVAL_MS);
    }
    expect(sent).toEqual([5, 6]);
  });

  test("after the end nothing is sent and no timer is left", () => {
    const { clock, progress, sent } = watched();
    progress.report(1);
    progress.report(2);
    progress.finish();
    progress.report(3);
    clock.advance(10 * MIN_INTERVAL_MS);
    expect(sent).toEqual([1, 2]);
    expect(clock.waiting).toBe(0);
  });
});

describe.each(["legacy", "modern"] as const)("progress, %s", (era) => {
  test("comes with a token alone, grows, and ends before the result", async () => {
    const pair = new StdioPair(undefined, era);
    if (era === "legacy") await pair.initialize();
    const before = pair.received.length;
    await pair.call("count_up", { to: 1_000 });
    expect(pair.received.length - before).toBe(1);

    await pair.call(
      "count_up",
      { to: 1_000 },
      { _meta: { progressToken: "p" } },
    );
    const [result, ...reports] = pair.received
      .slice(before + 1)
      .reverse() as Message[];
    expect(result).toHaveProperty("result.content");
    const values = reports.reverse().map(({ method, params }) => {
      expect(method).toBe("notifications/progress");
      expect(params).toMatchObject({ progressToken: "p", total: 1_000 });
      return params.progress as number;
    });
    expect(values[0]).toBe(1);
    expect(values.at(-1)).toBe(1_000);
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
    await pair.close();
  });
});
