import { expect, test } from "bun:test";
import fc from "fast-check";
import { JOB_LANES } from "../../flow-balancer/core/job-lanes.ts";
import { Lanes } from "../../flow-balancer/pool/lanes.ts";

type Command =
  | { readonly type: "add" }
  | { readonly type: "remove" | "find"; readonly pick: number }
  | { readonly type: "clear" };

const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant({ type: "add" as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("remove" as const),
        pick: fc.nat(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("find" as const),
        pick: fc.nat(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ type: "clear" as const }) },
  ),
  { maxLength: 300 },
);

test("an entry is found by its number as long as it is there, and by no other number ever given out", () => {
  fc.assert(
    fc.property(commands, (sequence) => {
      const lanes = new Lanes<{ readonly n: number }>();
      const here = new Map<number, { readonly n: number }>();
      const given: number[] = [];
      let n = 0;
      for (const command of sequence) {
        if (command.type === "add") {
          const entry = { n: n++ };
          if (here.size === JOB_LANES) {
            expect(() => lanes.add(entry)).toThrow("lanes are taken");
            continue;
          }
          const number = lanes.add(entry);
          expect(given).not.toContain(number);
          given.push(number);
          here.set(number, entry);
          expect(lanes.numberOf(entry)).toBe(number);
        } else if (command.type === "clear") {
          lanes.clear();
          here.clear();
        } else if (given.length > 0) {
          const number = given[command.pick % given.length]!;
          if (command.type === "remove") {
            lanes.remove(number);
            here.delete(number);
          }
          expect(lanes.at(number)).toBe(here.get(number) ?? null);
        }
        expect(lanes.size).toBe(here.size);
        expect(new Set(lanes)).toEqual(new Set(here.values()));
      }
      for (const number of given)
        expect(lanes.at(number)).toBe(here.get(number) ?? null);
    }),
    { numRuns: 200 },
  );
});

test("numbers that were never given out find nothing, whatever they are", () => {
  const lanes = new Lanes<object>();
  const number = lanes.add({});
  for (const other of [
    0,
    -1,
    1,
    number + 1,
    number + JOB_LANES,
    number + 2 ** 32,
    -number,
    0.5,
    number + 0.5,
    Number.NaN,
    Infinity,
  ])
    expect(lanes.at(other)).toBeNull();
});
