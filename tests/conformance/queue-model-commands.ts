/** Everything that can be asked of a queue, in random order, as fast-check makes it. */

import fc from "fast-check";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { taskId, workerId } from "../../flow-balancer/core/ids.ts";
import {
  PLAIN_TERMS,
  type ClaimAsk,
  type Settlement,
  type Terms,
} from "../../flow-balancer/core/queue.ts";
import {
  DEPENDENCY_ENDS,
  TERMINAL_STATES,
  type TerminalState,
} from "../../flow-balancer/core/task.ts";
import { request, resultOf } from "../support/queue-under-test.ts";
import { HOLDERS } from "./queue-model-sides.ts";
import { idAt, leaseOf, Step } from "./queue-model-step.ts";

/** No pause of a retry and no lease but ends within one step of time, so that engines may spread pauses as they like. */
const STEP_MS = 4_000;
const TERMS: readonly Partial<Terms>[] = [
  {},
  { maxAttempts: 3, backoffMs: 0 },
  { maxAttempts: 3, backoffMs: 1_000 },
  { runsOnce: true, maxAttempts: 2 },
  { awaited: true },
  { delayMs: STEP_MS },
  { group: { key: "g", limit: 1 } },
  { group: { key: "h", limit: 2 } },
  { queue: "board" },
  { queue: "board", group: { key: "g", limit: 1 } },
];

/** Null four times of five. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary },
  );

const holder = fc.constantFrom(...HOLDERS);
const terms = fc
  .tuple(fc.constantFrom(...TERMS), fc.option(holder, { freq: 2 }))
  .map(([of, by]): Terms => ({ ...PLAIN_TERMS, ...of, holder: by }));
const parent = fc.record({
  at: fc.nat(11),
  on: fc.constantFrom(...DEPENDENCY_ENDS),
});
const kind = fc.constantFrom("a", "b");
const whose = fc.record({
  n: fc.nat(20),
  old: fc.oneof(
    { weight: 5, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
/** From the newest on. */
const at = fc.nat(15);

const record = fc
  .record({
    kind,
    priority: fc.constantFrom(0, 0, 2, -2),
    key: fc.option(fc.constantFrom("k1", "k2"), { freq: 2 }),
    terms,
    after: fc.option(fc.array(parent, { maxLength: 3 }), { freq: 2 }),
  })
  .map(
    (of) =>
      new Step("record", [of], async (side) => {
        const after = (of.after ?? []).map((one) => ({
          id: idAt(side, one.at),
          on: one.on,
        }));
        const asked = request({
          kind: of.kind,
          priority: of.priority,
          idempotencyKey: of.key,
          after,
        });
        const recorded = await side.queue.record(asked, of.terms);
        if (!recorded.isNew) return { known: side.numberOf(recorded.task.id) };
        side.addId(recorded.task.id);
        if (recorded.lease !== null) side.addLease(recorded.lease);
        return {
          task: side.told(recorded.task),
          attempt: recorded.lease?.attempt ?? null,
        };
      }),
  );

/** What each comes after is of the graph or was there before. Wild ones make cycles. */
const add = fc
  .tuple(
    fc.array(
      fc.record({ kind, terms, after: fc.array(parent, { maxLength: 2 }) }),
      { minLength: 1, maxLength: 4 },
    ),
    fc.nat(5).map((n) => n === 0),
  )
  .map(
    ([nodes, isWild]) =>
      new Step("add", [nodes, isWild], async (side) => {
        const made = nodes.map((_, n) =>
          taskId(`graph-${side.ids.length}-${n}`),
        );
        const asked = nodes.map((node, n) => {
          const known = [
            ...(isWild ? made : made.slice(0, n)),
            ...side.ids.slice(-2),
          ];
          const after = node.after.flatMap(({ at: which, on }) => {
            const id = known[which % known.length];
            return id === undefined ? [] : [{ id, on }];
          });
          return {
            id: made[n]!,
            terms: node.terms,
            request: request({ kind: node.kind, after }),
          };
        });
        const tasks = await side.queue.add(asked);
        for (const { id } of tasks) side.addId(id);
        await side.addHeld();
        return tasks.map(side.told);
      }),
  );

const claim = fc
  .record({
    queue: fc.constantFrom("pool", "pool", "pool", "board") as fc.Arbitrary<
      ClaimAsk["queue"]
    >,
    holder,
    max: fc.constantFrom(0, 1, 2, 4, 9),
    leaseMs: fc.constantFrom(null, STEP_MS, 2 * STEP_MS),
    kinds: sometimes(fc.subarray(["a", "b"])),
    ids: sometimes(fc.array(at, { maxLength: 6 })),
  })
  .map(
    ({ kinds, ids, ...ask }) =>
      new Step("claim", [{ ...ask, kinds, ids }], async (side) => {
        const claimed = await side.queue.claim({
          ...ask,
          ...(kinds === null ? {} : { kinds }),
          ...(ids === null ? {} : { ids: ids.map((n) => idAt(side, n)) }),
        });
        return claimed.map(({ task, lease, terms: of }) => {
          side.addLease(lease);
          const { holder: _, delayMs: __, ...rest } = of;
          return { task: side.told(task), attempt: lease.attempt, terms: rest };
        });
      }),
  );

const settlementOf = (status: TerminalState, runMs: number): Settlement => ({
  result: resultOf(status, runMs),
  execution:
    runMs === 0
      ? null
      : { tier: "warm", worker: workerId(1), waitMs: 0, startMs: 0, runMs },
  startedAt: null,
  output: { text: "x", bytesSeen: runMs, truncated: false },
});
const settlement = fc
  .tuple(
    fc.oneof(
      fc.constantFrom<TerminalState>("completed", "failed"),
      fc.constantFrom(...TERMINAL_STATES),
    ),
    fc.nat(9),
  )
  .map(([status, runMs]) => settlementOf(status, runMs));

const settle = fc.tuple(whose, settlement, fc.boolean()).map(
  ([n, of, tries]) =>
    new Step(
      tries ? "retry" : "settle",
      [n, of.result.status],
      async (side, live) => {
        const lease = leaseOf(side, live, n);
        const settled = await side.queue[tries ? "retry" : "settle"](lease, of);
        return {
          ...settled,
          released: side.numbersOf(settled.released),
          ended: side.numbersOf(settled.ended),
          output: await side.queue.output(lease.id),
        };
      },
    ),
);
const started = whose.map(
  (n) =>
    new Step("started", [n], (side, live) =>
      side.queue.started(leaseOf(side, live, n)),
    ),
);
const release = whose.map(
  (n) =>
    new Step("release", [n], (side, live) =>
      side.queue.release(leaseOf(side, live, n)),
    ),
);
const extend = fc
  .tuple(
    fc.array(whose, { maxLength: 4 }),
    fc.constantFrom(STEP_MS, 2 * STEP_MS),
  )
  .map(
    ([which, ms]) =>
      new Step("extend", [which, ms], (side, live) =>
        side.queue.extend(
          which.map((n) => leaseOf(side, live, n)),
          ms,
        ),
      ),
  );
const cancel = at.map(
  (n) =>
    new Step("cancel", [n], (side) =>
      side.queue.cancel(idAt(side, n), wireError("CANCELLED", "no more")),
    ),
);
const redrive = at.map(
  (n) => new Step("redrive", [n], (side) => side.queue.redrive(idAt(side, n))),
);
const told = at.map(
  (n) => new Step("told", [n], (side) => side.queue.told([idAt(side, n)])),
);
const reclaim = fc
  .tuple(holder, fc.boolean())
  .map(
    ([of, abandon]) =>
      new Step("reclaim", [of, abandon], ({ queue }) =>
        queue.reclaim(of, { abandon }),
      ),
  );
const advance = fc.tuple(fc.constantFrom(1, 1, 2, 30), fc.nat(3)).map(
  ([steps, sweeps]) =>
    new Step("advance", [steps, sweeps > 0], async ({ env, queue }) => {
      env.advance(steps * STEP_MS);
      return sweeps > 0 ? queue.sweep() : null;
    }),
);

/** As often as it takes for things to happen: tasks come and go at about the same rate. */
const WEIGHTS: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [4, record],
  [4, add],
  [9, claim],
  [7, settle],
  [2, started],
  [1, release],
  [2, extend],
  [2, cancel],
  [2, redrive],
  [1, told],
  [2, reclaim],
  [3, advance],
];

export const queueCommands = (maxCommands: number) =>
  fc.commands(
    [
      fc.oneof(
        ...WEIGHTS.map(([weight, arbitrary]) => ({ weight, arbitrary })),
      ),
    ],
    { maxCommands, size: "max" },
  );
