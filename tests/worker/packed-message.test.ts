import { expect, test } from "bun:test";
import { packed, unpacked } from "../../flow-balancer/worker/packed-message.ts";
import type {
  FromWorker,
  ToWorker,
} from "../../flow-balancer/worker/protocol.ts";

const run = (inputJson: string): ToWorker => ({
  type: "run",
  job: 1,
  taskId: "väl\ud800ue\u2028",
  attempt: 1,
  session: null,
  kind: 3,
  inputJson,
});
const result = (valueJson: string): FromWorker => ({
  type: "result",
  job: 1,
  outcome: { status: "completed", valueJson },
  runMs: 0.25,
});
const output = (text: string): FromWorker => ({
  type: "output",
  job: 1,
  text,
  bytes: text.length,
  stray: false,
});
const state = (json: string): FromWorker => ({ type: "state", job: 1, json });
const session = (json: string): ToWorker => ({
  type: "session",
  session: "s",
  json,
});

test.each([
  ["state", state],
  ["session", session],
  ["run", run],
  ["result", result],
  ["output", output],
])(
  "a %s message comes out as it went in: short as text, long as it is",
  (_, make) => {
    const short = make('"\\"\u0000\ud800"');
    const long = make(JSON.stringify("x".repeat(5_000)));
    expect(packed(short)).toBeString();
    expect(unpacked(packed(short))).toEqual(short);
    expect(packed(long)).toBe(long);
    expect(unpacked(packed(long))).toBe(long);
  },
);

test("messages that are never long are text", () => {
  for (const message of [
    { type: "bye" },
    { type: "cancel", job: 3 },
    { type: "result", job: 3, outcome: { status: "cancelled" }, runMs: 1 },
  ] as const)
    expect(unpacked(packed(message) as string)).toEqual(message);
});

test("a text that is no JSON is no message, and no exception", () => {
  expect(unpacked("{not json")).toBeNull();
});
