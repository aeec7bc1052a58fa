import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { wireError } from "../../flow-balancer/core/errors.ts";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import { readMessage } from "../../flow-balancer/worker/read-message.ts";

const LIMIT = 1_000;
const job = 3;
const HONEST: readonly FromWorker[] = [
  { type: "ready", protocol: 1, bun: "1", pid: 2 },
  { type: "bye" },
  { type: "turning" },
  { type: "heartbeat", job },
  { type: "loaded", job, loadMs: 0.5 },
  { type: "log", job, message: "m" },
  { type: "state", job, json: '{"a":1}' },
  { type: "output", job, text: "", bytes: 5, stray: false },
  { type: "output", job, text: "", bytes: 5, stray: true },
  { type: "progress", job, done: 1, total: null, message: null },
  { type: "progress", job, done: -1.5, total: 3, message: "m" },
  {
    type: "result",
    job,
    outcome: { status: "completed", valueJson: "[1]" },
    runMs: 1,
  },
  { type: "result", job, outcome: { status: "cancelled" }, runMs: 0 },
  {
    type: "result",
    job,
    outcome: {
      status: "failed",
      error: wireError("TASK_THREW", "m", "h"),
      valueJson: null,
    },
    runMs: 0,
  },
  {
    type: "result",
    job,
    outcome: {
      status: "failed",
      error: wireError("TASK_THREW", "m"),
      valueJson: "{}",
    },
    runMs: 0,
  },
  {
    type: "described",
    job,
    description: { description: null, inputSchema: { a: 1 } },
    error: null,
  },
  {
    type: "described",
    job,
    description: null,
    error: wireError("MODULE_IMPORT", "m"),
  },
];

describe("a worker's message", () => {
  test("of the protocol is read as it was sent", () => {
    for (const message of HONEST)
      expect(readMessage(structuredClone(message), LIMIT)).toEqual(message);
  });

  test("with any one field gone or of another type is none", () => {
    const paths = (value: unknown, at: readonly string[] = []): string[][] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => [
            [...at, key],
            ...paths(inner, [...at, key]),
          ])
        : [];
    /** Not needed to act on a message, or whatever they are is fine. */
    const free = new Set(["bun", "pid", "retryable", "hint", "a"]);
    /** Beside an error nothing is described. */
    const failed = HONEST.findLast(({ type }) => type === "described");
    let tried = 0;
    for (const message of HONEST)
      for (const path of paths(message).filter(
        (it) => !free.has(it.at(-1) ?? ""),
      ))
        for (const wrong of message === failed && path[0] === "description"
          ? []
          : [undefined, Number.NaN, true, [], () => 1, -Infinity]) {
          if (wrong === true && path[0] === "stray") continue;
          const broken = structuredClone(message) as unknown as Record<
            string,
            never
          >;
          const parent = path
            .slice(0, -1)
            .reduce((value, key) => value[key]!, broken);
          parent[path.at(-1)!] = wrong as never;
          expect({ path, wrong, read: readMessage(broken, LIMIT) }).toEqual({
            path,
            wrong,
            read: null,
          });
          tried++;
        }
    expect(tried).toBeGreaterThan(200);
  });

  test("of any other shape is none, and nothing throws", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        fc.constantFrom(
          ...HONEST.map(({ type }) => type),
          "nonsense",
          "__proto__",
        ),
        (value, type) => {
          expect(readMessage(value, LIMIT)).toBeNull();
          const read = readMessage(
            {
              job: 1,
              outcome: value,
              description: value,
              error: value,
              message: value,
              done: value,
              loadMs: value,
              text: value,
              bytes: value,
              runMs: value,
              total: value,
              ...(typeof value === "object" ? value : {}),
              type,
            },
            LIMIT,
          );
          if (read !== null) expect(read.type as string).toBe(type);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("with a value that is no JSON, or more than allowed, is none", () => {
    const result = (valueJson: string) =>
      readMessage(
        {
          type: "result",
          job,
          outcome: { status: "completed", valueJson },
          runMs: 1,
        },
        LIMIT,
      );
    for (const text of ["", "{", "undefined", "[1,]", "NaN"])
      expect(result(text)).toBeNull();
    expect(result(`"${"x".repeat(LIMIT - 2)}"`)).not.toBeNull();
    expect(result(`"${"x".repeat(LIMIT - 1)}"`)).toBeNull();
  });

  test("with an error cannot decide whether trying again helps, or invent a code", () => {
    const read = (error: object) =>
      readMessage(
        {
          type: "result",
          job,
          outcome: { status: "failed", error, valueJson: null },
          runMs: 1,
        },
        LIMIT,
      );
    expect(
      read({ code: "TASK_THREW", message: "m", retryable: true }),
    ).toMatchObject({ outcome: { error: { retryable: false } } });
    for (const code of ["NOPE", "toString", "__proto__", "constructor", 5])
      expect(read({ code, message: "m" })).toBeNull();
  });
});
