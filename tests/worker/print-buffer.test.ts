import { expect, test } from "bun:test";
import { PrintBuffer } from "../../flow-balancer/worker/print-buffer.ts";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import { GATHER_MS } from "../../flow-balancer/worker/report-buffer.ts";
import { FakeEnv } from "../support/fake-env.ts";

function printing(maxChars = 1_000) {
  const env = new FakeEnv();
  const sent: FromWorker[] = [];
  const buffer = new PrintBuffer(7, maxChars, env, (message) =>
    sent.push(message),
  );
  return { env, sent, buffer };
}

const output = (text: string, bytes = text.length) =>
  ({ type: "output", job: 7, text, bytes, stray: false }) as const;

test("what is printed within a while goes together", () => {
  const { env, sent, buffer } = printing();
  for (const text of ["a", "b", "c"]) {
    buffer.print(text, "job");
    env.advance(GATHER_MS / 5);
  }
  expect(sent).toEqual([]);
  env.advance(GATHER_MS);
  expect(sent).toEqual([output("abc")]);
  expect(env.waiting).toBe(0);
});

test("of a loop that lets no timer run it goes by the clock, and no oftener", () => {
  const { env, sent, buffer } = printing();
  let now = 0;
  env.mono = () => now as ReturnType<FakeEnv["mono"]>;
  for (; now < 10 * GATHER_MS; now++) buffer.print(".", "job");
  expect(sent.length).toBeGreaterThanOrEqual(9);
  expect(sent.length).toBeLessThanOrEqual(10);
});

test("beyond the bound only the count of bytes goes", () => {
  const { env, sent, buffer } = printing(2);
  buffer.print("abc", "job");
  env.advance(GATHER_MS);
  buffer.print("d", "job");
  env.advance(GATHER_MS);
  expect(sent).toEqual([output("ab", 3), output("", 1)]);
});

test("of which nobody knows whose it is is said to be stray, unless something of the job's is with it", () => {
  const { env, sent, buffer } = printing();
  buffer.print("tick ", "stray");
  env.advance(GATHER_MS);
  buffer.print("tick ", "stray");
  buffer.print("mine ", "job");
  env.advance(GATHER_MS);
  buffer.print("tick ", "stray");
  buffer.flush();
  expect(sent).toEqual([
    { ...output("tick "), stray: true },
    output("tick mine "),
    { ...output("tick "), stray: true },
  ]);
});
