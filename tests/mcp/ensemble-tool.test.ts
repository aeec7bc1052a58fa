import { expect, test } from "bun:test";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import type { CallContext } from "../../flow-balancer/mcp/catalog.ts";
import { ensembleTool } from "../../flow-balancer/mcp/ensemble-tool.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** One attempt, whose task ends when the test says so. */
function bench() {
  const env = new FakeEnv();
  const cancelled: string[] = [];
  let begun = 0;
  let end = (): void => {};
  const record = { id: "task_1", state: "completed", attempt: 1 };
  const engine = {
    kinds: () => [{ kind: "k" }],
    defaultSession: () => null,
    cancel: async (id: string) => void cancelled.push(id),
    told: async () => {},
    patience: { limitMs: () => 100, knownMs: () => 100, waited: () => {} },
    submit: async () => ({
      task: record,
      isNew: true,
      done: new Promise((resolve) => {
        end = () =>
          resolve({
            ...record,
            execution: null,
            result: { status: "completed", valueJson: "1" },
          });
      }),
    }),
    ensembles: {
      experts: [],
      begin() {
        begun++;
        return {
          next: ({ results, running }: { results: []; running: [] }) => ({
            settled: null,
            start: results.length + running.length === 0 ? [0] : [],
          }),
          isChecked: () => false,
          proposals: () => [],
          began: () => {},
          conclude: () => ({
            outcome: "value",
            strategy: "consensus",
            value: 1,
            guess: null,
            chance: null,
            waste: null,
            items: null,
            seats: [0],
            groups: new Map(),
            why: [],
          }),
        };
      },
    },
  };
  const tool = ensembleTool({
    engine: async () => engine as unknown as Engine,
    env,
  } as unknown as Parameters<typeof ensembleTool>[0]);
  const call = (signal = new AbortController().signal) =>
    tool.run({ kind: "k", input: 1, attempts: 1, idempotency_key: "key" }, {
      client: null,
      connection: "c",
      receivedAt: env.mono(),
      signal,
      progress: null,
      log() {},
    } as unknown as CallContext) as Promise<{
      structuredContent: { status: string };
    }>;
  return { env, cancelled, call, end: () => end(), begun: () => begun };
}

const settle = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));
const statusOf = ({
  structuredContent,
}: {
  structuredContent: { status: string };
}): string => structuredContent.status;

test("an ensemble whose answer nobody asked for is let go after ten minutes", async () => {
  const { env, call, end, begun } = bench();
  const first = call();
  await settle();
  env.advance(100);
  expect(statusOf(await first)).toBe("working");
  end();
  await settle();
  env.advance(599_999);
  expect(statusOf(await call())).toBe("completed");
  expect(begun()).toBe(1);

  const other = bench();
  const asked = other.call();
  await settle();
  other.env.advance(100);
  await asked;
  other.end();
  await settle();
  other.env.advance(600_000);
  void other.call();
  await settle();
  expect(other.begun()).toBe(2);
});

test("one that another call waits for goes on when the first is cancelled", async () => {
  const { cancelled, call, end } = bench();
  const stop = new AbortController();
  const first = call(stop.signal);
  await settle();
  const second = call();
  await settle();
  stop.abort();
  await first;
  expect(cancelled).toEqual([]);
  end();
  expect(statusOf(await second)).toBe("completed");
});

test("one that nobody else waits for ends with its call", async () => {
  const { cancelled, call } = bench();
  const stop = new AbortController();
  const only = call(stop.signal);
  await settle();
  stop.abort();
  await only;
  expect(cancelled).toEqual(["task_1"]);
});
