import { describe, expect, test } from "bun:test";
import { startHttpFixture } from "./http-fixture.ts";
import { scoreRequirements } from "./suite.ts";

describe("the scores of the official suite", () => {
  test("without a server every required scenario has failed", async () => {
    const score = await scoreRequirements(
      "http://127.0.0.1:1/mcp",
      "2025-11-25",
    );
    expect(score.passed).toEqual([]);
    expect(score.failed).toHaveLength(30);
  }, 60_000);

  test("the fixtures pass every scenario of 2025-11-25", async () => {
    const fixture = startHttpFixture(() => undefined);
    try {
      const score = await scoreRequirements(fixture.url, "2025-11-25");
      expect(score.failed).toEqual([]);
      expect(score.passed).toHaveLength(30);
    } finally {
      await fixture.stop();
    }
  }, 60_000);
});
