import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  isFrame,
  readResults,
  readRuns,
  ResultFrame,
  RunFrame,
  type RunRequest,
} from "../../flow-balancer/worker/frames.ts";

const payload = fc.oneof(
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\n", "[1,2,3]\n", '"\ud800"', "é€😀"),
);
const run: fc.Arbitrary<RunRequest> = fc.record({
  job: fc.nat(),
  kind: fc.nat(100),
  taskId: fc.string({ unit: "binary" }),
  attempt: fc.nat(9),
  session: fc.option(fc.string({ unit: "binary" })),
  inputJson: payload,
});
interface Result {
  readonly job: number;
  readonly runMs: number;
  readonly valueJson: string;
}
const result: fc.Arbitrary<Result> = fc.record({
  job: fc.nat(),
  runMs: fc.float({ min: 0, max: 1e6, noNaN: true }),
  valueJson: payload,
});

const framed = (results: readonly Result[]): string => {
  const frame = new ResultFrame();
  for (const { job, runMs, valueJson } of results)
    frame.result(job, runMs, valueJson);
  return frame.take();
};
const read = (frame: string): Result[] | null => {
  const results: Result[] = [];
  const whole = readResults(frame, (job, runMs, valueJson) =>
    results.push({ job, runMs, valueJson }),
  );
  if (!whole) expect(results).toEqual([]);
  return whole ? results : null;
};

describe("a frame", () => {
  test("of runs is read as it was written, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(run), (runs) => {
        const frame = new RunFrame();
        for (const it of runs) frame.run(it);
        expect(frame.isEmpty).toBe(runs.length === 0);
        const text = frame.take();
        expect(isFrame(text)).toBe(true);
        expect(frame.isEmpty).toBe(true);
        const found: RunRequest[] = [];
        readRuns(text, (it) => found.push(it));
        expect(found).toEqual(runs);
      }),
    );
  });

  test("of results is read as it was written, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(result), (results) => {
        expect(read(framed(results))).toEqual(
          results.map((it) => ({ ...it, runMs: it.runMs + 0 })),
        );
      }),
    );
  });

  test("of results that was cut, or is longer than it says, tells nothing", () => {
    fc.assert(
      fc.property(
        fc.array(result, { minLength: 1 }),
        fc.nat(),
        fc.string({ minLength: 1 }),
        (results, at, more) => {
          const text = framed(results);
          expect(read(text.slice(0, at % text.length))).toBeNull();
          expect(read(text + more)).toBeNull();
        },
      ),
    );
  });

  test("of results with a field of another type tells nothing", () => {
    const wrong = [null, true, "1", "x", -1, 0.5, [], {}, [1], Infinity];
    let tried = 0;
    for (const position of [0, 1, 2, 3, 4, 5])
      for (const value of wrong) {
        const line: unknown[] = [64, 1, 1, 128, 2, 1];
        // A run time may be a fraction, a job number may be negative: then it is nobody's.
        if (value === 0.5 && position % 3 === 1) continue;
        if (value === -1 && position % 3 === 0) continue;
        line[position] = value;
        expect(read(`${JSON.stringify(line)}\n12`)).toBeNull();
        tried++;
      }
    expect(tried).toBe(56);
    expect(read("[64,1,1,128,2,1]\n12")).toHaveLength(2);
  });

  test("is told from every other message", () => {
    for (const other of ["{}", "", " [", "null", 5, null, [], ["["], {}])
      expect(isFrame(other)).toBe(false);
    for (const broken of ["[", "[]", "[1]\n", "[[]]\n", "[1,2,3", "[\n"])
      fc.assert(fc.property(fc.string(), (rest) => void read(broken + rest)));
  });
});
