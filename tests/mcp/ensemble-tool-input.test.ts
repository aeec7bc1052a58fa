import { describe, expect, test } from "bun:test";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import type { Expert } from "../../flow-balancer/core/expert.ts";
import {
  ENSEMBLE_INPUT,
  seatsOf,
} from "../../flow-balancer/mcp/ensemble-tool-input.ts";

const expert = (name: string, more: Partial<Expert> = {}): Expert => ({
  name,
  kinds: ["ask"],
  run: { kind: "shell", input: { model: name } },
  cost: 2,
  capabilities: [],
  ...more,
});

const ENGINE = {
  kinds: () => [{ kind: "shell" }, { kind: "ask" }],
  defaultSession: () => null,
  ensembles: {
    experts: [
      expert("small"),
      expert("large", { cost: 9 }),
      expert("other", { kinds: ["draw"] }),
      expert("lost", { run: { kind: "gone", input: {} } }),
    ],
  },
} as unknown as Engine;

const seats = (args: object) =>
  seatsOf(
    ENSEMBLE_INPUT.parse({
      kind: "ask",
      input: { q: 1, model: "any" },
      ...args,
    }),
    ENGINE,
    null,
    "key",
  );

describe("the seats of an ensemble", () => {
  test("experts lay their own fields over the input, in the order they were named", () => {
    const made = seats({ experts: ["large", "small", "large"] });
    expect(made.map(({ name, cost }) => [name, cost])).toEqual([
      ["large", 9],
      ["small", 2],
      ["large", 9],
    ]);
    expect(
      made.map(({ request }) => [
        request.kind,
        request.inputJson,
        request.idempotencyKey,
      ]),
    ).toEqual([
      ["shell", '{"q":1,"model":"large"}', "key/1"],
      ["shell", '{"q":1,"model":"small"}', "key/2"],
      ["shell", '{"q":1,"model":"large"}', "key/3"],
    ]);
  });

  test("attempts are of the kind itself; three unless told", () => {
    expect(seats({}).map(({ name }) => name)).toEqual(["ask", "ask", "ask"]);
    expect(seats({ attempts: 1, timeout_ms: 5 })[0]).toMatchObject({
      cost: null,
      request: { kind: "ask", timeoutMs: 5 },
    });
  });

  test.each([
    [
      { experts: ["smal"] },
      "/experts/0: there is no expert 'smal'; did you mean 'small'?",
    ],
    [
      { experts: ["small", "other"] },
      "/experts/1: 'other' does not serve the kind 'ask', but draw",
    ],
    [{ experts: ["lost"] }, "/experts/0: there is no kind 'gone'"],
    [
      { experts: ["small"], attempts: 2 },
      "/attempts: cannot stand beside experts",
    ],
    [{ experts: ["small"], input: "text" }, "/input: has to be an object"],
  ])("%j is refused", (args, says) => {
    expect(() => seats(args)).toThrow(says);
  });
});
