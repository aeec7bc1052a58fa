import { expect, test } from "bun:test";
import { BalancerError } from "../../../flow-balancer/core/errors.ts";
import { gatherFacts } from "../../../monitoring/health/gather-facts.ts";
import type { FactSources } from "../../../monitoring/health/health-facts.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { WELL } from "../../support/health-facts-given.ts";

const BOUND_MS = 2_000;

const sources = (more: Partial<FactSources> = {}): FactSources => ({
  ...(Object.fromEntries(
    Object.entries(WELL).map(([name, fact]) => [name, () => fact]),
  ) as unknown as FactSources),
  ...more,
});

test("takes all side by side; one that throws, rejects or hangs costs the others nothing", async () => {
  const env = new FakeEnv();
  const asked: string[] = [];
  const gathering = gatherFacts(
    sources({
      store: () => new Promise(() => asked.push("store")),
      wal: () => {
        throw new Error("EIO");
      },
      disk: async () => {
        asked.push("disk");
        throw new BalancerError("STORAGE_FULL", "the disk is full", {
          hint: "Free some space.",
        });
      },
    }),
    env,
    BOUND_MS,
  );
  expect(asked).toEqual(["store", "disk"]);
  await new Promise<void>((resolve) => void setImmediate(resolve));
  env.advance(BOUND_MS);
  const { store, wal, disk, ...others } = await gathering;
  expect(store).toEqual({
    ok: false,
    reason: "it gave no answer within 2000 ms",
  });
  expect(wal).toEqual({ ok: false, reason: "EIO" });
  expect(disk).toEqual({
    ok: false,
    reason: "the disk is full. Free some space.",
  });
  expect(Object.values(others).every(({ ok }) => ok)).toBe(true);
  expect(others.pool).toEqual({ ok: true, value: WELL.pool });
});

test("leaves no timer behind", async () => {
  const env = new FakeEnv();
  await gatherFacts(sources(), env, BOUND_MS);
  expect(env.waiting).toBe(0);
});
