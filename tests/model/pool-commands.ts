/** What may happen to a pool, as data: one that is not possible just then does nothing. */

import fc from "fast-check";
import type { PoolKind } from "../../flow-balancer/pool/pool-task.ts";
import { JUNK } from "./say-junk.ts";

const kind = (name: string, more: Partial<PoolKind> = {}): PoolKind => ({
  name,
  source: { type: "module", path: `/tasks/${name}.ts` },
  effects: "idempotent",
  concurrency: null,
  inFlight: 1,
  memoryMb: null,
  env: {},
  ...more,
});

const ALL_KINDS: readonly PoolKind[] = [
  kind("plain"),
  kind("many", { inFlight: 4 }),
  kind("limited", { concurrency: 2 }),
  kind("narrow", { concurrency: 3, inFlight: 2 }),
  kind("once", { effects: "once" }),
  kind("env", { env: { KEY: "value" } }),
  kind("large", { memoryMb: 100 }),
  kind("script", { source: { type: "script" } }),
];

const KINDS: ReadonlyMap<string, PoolKind> = new Map(
  ALL_KINDS.map((it) => [it.name, it]),
);

/** Throws for one that is not among them. */
export function kindOf(name: string): PoolKind {
  const kind = KINDS.get(name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

export interface Permit {
  readonly answer: "yes" | "no" | "broken";
  /** 0: in the turn in which it is asked. */
  readonly afterMs: number;
}

/** `pick` chooses among those there are. */
export type PoolCommand =
  | {
      readonly type: "run";
      readonly kind: string;
      readonly session: string | null;
      readonly priority: number;
      readonly deadlineMs: number | null;
      readonly timeoutMs: number;
      /** Four times as long if it gives signs of life. */
      readonly isSoft: boolean;
      readonly obeys: boolean;
      readonly binds: boolean;
      readonly kills: boolean;
      readonly inputChars: number;
      /** What is answered when it is asked whether it may start; null: nobody is asked. */
      readonly permit: Permit | null;
    }
  | {
      readonly type: "finish";
      readonly pick: number;
      readonly how: "completed" | "framed" | "twice" | "failed" | "gave up";
    }
  /** It is told to stop, and has its result before it hears of that. */
  | { readonly type: "cross"; readonly pick: number }
  | { readonly type: "cancel"; readonly pick: number }
  | {
      readonly type: "junk";
      readonly pick: number;
      readonly what: (typeof JUNK)[number];
    }
  | {
      readonly type: "crash";
      readonly pick: number;
      readonly with: "any" | "task" | "start";
    }
  | { readonly type: "hang"; readonly pick: number }
  | { readonly type: "hold up"; readonly pick: number }
  | { readonly type: "wake"; readonly pick: number }
  | { readonly type: "grow"; readonly pick: number; readonly mb: number }
  | { readonly type: "advance"; readonly ms: number }
  | { readonly type: "release"; readonly session: string }
  | { readonly type: "refuse starts"; readonly count: number }
  | { readonly type: "resize"; readonly workers: number }
  | { readonly type: "close"; readonly graceMs: number };

export type Command<Type extends PoolCommand["type"]> = Extract<
  PoolCommand,
  { type: Type }
>;

/** A task of the kind, and what is said of it. */
export const running = (
  kindName: string,
  more: Partial<Extract<PoolCommand, { type: "run" }>> = {},
): PoolCommand => ({
  type: "run",
  kind: kindName,
  session: null,
  priority: 0,
  deadlineMs: null,
  timeoutMs: 10_000,
  isSoft: false,
  obeys: true,
  binds: false,
  kills: false,
  inputChars: 2,
  permit: null,
  ...more,
});

const pick = fc.nat(31);
const session = fc.constantFrom("a", "b", "c");

const run = fc.record({
  type: fc.constant("run" as const),
  kind: fc.constantFrom(...KINDS.keys()),
  session: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: session },
  ),
  priority: fc.constantFrom(0, 0, 0, 5, -5),
  deadlineMs: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(50, 800, 2_000, 8_000) },
  ),
  timeoutMs: fc.constantFrom(100, 1_000, 10_000),
  isSoft: fc.boolean(),
  obeys: fc.boolean(),
  binds: fc.boolean(),
  kills: fc.nat(14).map((n) => n === 14),
  inputChars: fc.constantFrom(2, 2, 2, 9_000, 70_000),
  permit: fc.option(
    fc.record<Permit>({
      answer: fc.constantFrom("yes", "yes", "yes", "yes", "no", "broken"),
      afterMs: fc.constantFrom(0, 0, 10, 200, 1_000),
    }),
    { freq: 2 },
  ),
});

const advance = (...ms: readonly number[]): fc.Arbitrary<PoolCommand> =>
  fc.record({
    type: fc.constant("advance" as const),
    ms: fc.constantFrom(...ms),
  });

const anything = fc.oneof<fc.WeightedArbitrary<PoolCommand>[]>(
  { weight: 24, arbitrary: run },
  {
    weight: 18,
    arbitrary: fc.record({
      type: fc.constant("finish" as const),
      pick,
      how: fc.constantFrom(
        "completed",
        "framed",
        "framed",
        "twice",
        "failed",
        "gave up",
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("cross" as const), pick }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant("cancel" as const), pick }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("junk" as const),
      pick,
      what: fc.constantFrom(...JUNK),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("crash" as const),
      pick,
      with: fc.constantFrom("any", "task", "task", "task", "start"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("hang" as const), pick }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("hold up" as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("wake" as const), pick }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("grow" as const),
      pick,
      mb: fc.constantFrom(60, 200),
    }),
  },
  { weight: 16, arbitrary: advance(1, 20, 40, 60, 100) },
  { weight: 4, arbitrary: advance(300, 600, 1_500) },
  { weight: 1, arbitrary: advance(7_000, 31_000, 400_000) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("release" as const), session }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("refuse starts" as const),
      count: fc.constantFrom(1, 1, 4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("resize" as const),
      workers: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

const NAMES = [...KINDS.keys()];

/** The same commands, of a few kinds only: they meet more often. */
const ofKinds = (
  commands: readonly PoolCommand[],
  kinds: readonly string[],
): PoolCommand[] =>
  commands.map((command) => {
    if (command.type !== "run") return command;
    const index = NAMES.indexOf(command.kind) % kinds.length;
    return { ...command, kind: kinds[index] ?? command.kind };
  });

/** On average half of `most`, of some kinds; about one in three is closed with all there is in hand. */
export const commands = (
  least: number,
  most: number,
): fc.Arbitrary<PoolCommand[]> =>
  fc
    .tuple(
      fc.subarray(NAMES, { minLength: 1 }),
      fc.array(anything, { minLength: least, maxLength: most, size: "max" }),
      fc.option(fc.constantFrom(0, 100, 2_000), { freq: 2 }),
      fc.array(anything, { maxLength: 5 }),
    )
    .map(([kinds, before, graceMs, after]) => {
      const played = ofKinds(before, kinds);
      if (graceMs === null) return played;
      return [...played, { type: "close", graceMs }, ...ofKinds(after, kinds)];
    });
