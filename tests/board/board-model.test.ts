/** Whatever is done in whatever order: an item has one holder, a holder no more than its capacity, a thing one holder, and nothing is proven that was not seen to hold. */

import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import {
  holderId,
  type HolderId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import { emptyStore } from "../support/empty-store.ts";
import { item, LEASE_MS, newBoard, type Rig } from "./board-under-test.ts";

interface ModelItem {
  readonly id: TaskId;
  readonly weight: number;
  readonly needs: readonly string[];
  readonly parent: ModelItem | null;
  state: "open" | "completed" | "failed";
  holder: HolderId | null;
  until: number;
}

interface Model {
  now: number;
  items: ModelItem[];
  /** Who has what, for which item. */
  resources: Map<string, ModelItem>;
  successes: Map<string, number>;
}

type Real = Rig;
type Command = fc.AsyncCommand<Model, Real>;

const rig = newBoard();
afterAll(() => rig.close());

const CAPACITY = 8;
const HOLDERS = ["ada", "bob"].map(holderId);

const holds = (model: Model, it: ModelItem | undefined): boolean =>
  it?.state === "open" && it.holder !== null && it.until > model.now;

const inHand = (model: Model, by: HolderId): ModelItem[] =>
  model.items.filter((it) => it.holder === by && holds(model, it));

const isFree = (model: Model, it: ModelItem): boolean =>
  it.state === "open" &&
  !holds(model, it) &&
  (it.parent === null || it.parent.state === "completed");

/** Mostly one that the holder has. */
const pick = (
  model: Model,
  by: HolderId,
  at: number,
): ModelItem | undefined => {
  const mine = inHand(model, by);
  const from = at % 3 > 0 && mine.length > 0 ? mine : model.items;
  return from[at % from.length];
};

/** A holder whose lease ran out is only that to a model that looks at the clock; the board has to be told. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (thrown) {
    if (thrown instanceof BalancerError) return thrown.code;
    throw thrown;
  }
}

const command = (
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
): Command => ({ check: () => true, run, toString: () => name });

const add = (weight: number, needs: readonly string[], at: number | null) =>
  command(`add(${weight}, [${needs}], ${at})`, async (model, real) => {
    const parent =
      at === null ? null : (model.items[at % model.items.length] ?? null);
    const after =
      parent === null ? [] : [{ ref: parent.id, on: "success" as const }];
    const more = { weight, capabilities: needs, after };
    const [added] = await real.add(item("", { ...more, title: "t" }));
    const dead = parent?.state === "failed";
    expect(added!.state).toBe(dead ? "failed" : "queued");
    model.items.push({
      id: added!.id,
      weight,
      needs,
      parent,
      state: dead ? "failed" : "open",
      holder: null,
      until: 0,
    });
  });

const claim = (
  by: HolderId,
  declared: readonly string[],
  named: number | null,
) =>
  command(`claim(${by}, [${declared}], ${named})`, async (model, real) => {
    const target =
      named === null ? undefined : model.items[named % model.items.length];
    const mine = inHand(model, by);
    const load = mine.reduce((sum, { weight }) => sum + weight, 0);
    const mayHave = (it: ModelItem): boolean =>
      isFree(model, it) &&
      it.needs.every(
        (need) =>
          declared.includes(need) || model.successes.has(`${by} ${need}`),
      ) &&
      (load === 0 || load + it.weight <= CAPACITY) &&
      (load <= 0.8 * CAPACITY || it.weight <= 3);
    const choice = target === undefined ? model.items : [target];
    const report = await real.claim(by, {
      declared,
      capacity: CAPACITY,
      ...(target === undefined ? {} : { id: target.id }),
    });
    const got = choice.find(({ id }) => id === report.claimed?.item.id);
    expect(report.claimed !== null).toBe(choice.some(mayHave));
    if (report.claimed === null) {
      const open = choice.filter(({ state }) => state === "open");
      expect(report.obstacles.length >= Math.min(open.length, 1)).toBe(true);
      return;
    }
    expect(got !== undefined && mayHave(got)).toBe(true);
    got!.holder = by;
    got!.until = model.now + LEASE_MS;
    dropResources(model, got!);
  });

function dropResources(model: Model, of: ModelItem): void {
  for (const [name, it] of model.resources)
    if (it === of) model.resources.delete(name);
}

const update = (
  by: HolderId,
  at: number,
  release: boolean,
  name: string | null,
) =>
  command(`update(${by}, ${at}, ${release}, ${name})`, async (model, real) => {
    const it = pick(model, by, at);
    if (it === undefined || (it.holder === by && !holds(model, it))) return;
    const claimResources = name === null ? [] : [name];
    const call = real.update(it.id, by, { release, claimResources });
    const code = await codeOf(call);
    if (it.state !== "open") return expect(code).toBe("ALREADY_FINISHED");
    if (it.holder !== by) return expect(code).toBe("NOT_OWNER");
    expect(code).toBe("ok");
    if (release) {
      it.holder = null;
      return dropResources(model, it);
    }
    it.until = model.now + LEASE_MS;
    if (name === null) return;
    const owner = model.resources.get(name);
    const isTaken = owner !== undefined && owner !== it && holds(model, owner);
    expect((await call).refused.map(({ holder }) => holder)).toEqual(
      isTaken ? [owner.holder!] : [],
    );
    if (!isTaken) model.resources.set(name, it);
  });

const complete = (
  by: HolderId,
  at: number,
  outcome: "completed" | "failed",
  proof: "true" | "false" | null,
) =>
  command(
    `complete(${by}, ${at}, ${outcome}, ${proof})`,
    async (model, real) => {
      const it = pick(model, by, at);
      if (it === undefined || (it.holder === by && !holds(model, it))) return;
      const evidence =
        proof === null
          ? []
          : [{ type: "command" as const, argv: [proof], cwd: null }];
      const code = await codeOf(
        real.complete(it.id, by, { outcome, evidence }),
      );
      if (it.state !== "open") return expect(code).toBe("ALREADY_FINISHED");
      if (it.holder !== by) return expect(code).toBe("NOT_OWNER");
      if (outcome === "completed" && proof === "false") {
        it.until = model.now + LEASE_MS;
        return expect(code).toBe("NOT_PROVEN");
      }
      expect(code).toBe("ok");
      it.state = outcome;
      dropResources(model, it);
      if (outcome === "completed" && proof === "true")
        for (const need of new Set(it.needs))
          model.successes.set(
            `${by} ${need}`,
            (model.successes.get(`${by} ${need}`) ?? 0) + 1,
          );
      for (const child of model.items)
        if (
          outcome === "failed" &&
          child.state === "open" &&
          isUnder(child, it)
        )
          child.state = "failed";
      const stored = await real.board.get(it.id);
      expect(stored!.proven?.length ?? 0).toBe(
        outcome === "completed" && proof !== null ? 1 : 0,
      );
    },
  );

const isUnder = (child: ModelItem, root: ModelItem): boolean =>
  child.parent !== null &&
  (child.parent === root || isUnder(child.parent, root));

const advance = (ms: number) =>
  command(`advance(${ms})`, async (model, real) => {
    real.env.advance(ms);
    model.now += ms;
  });

/** What the board says of itself is what the model knows. */
const look = () =>
  command("look", async (model, real) => {
    const { active, resources } = await real.status(HOLDERS[0]!);
    const worked = model.items.filter((it) => holds(model, it));
    expect(
      active.map(({ id, workedBy }) => `${id} ${workedBy}`).sort(),
    ).toEqual(worked.map(({ id, holder }) => `${id} ${holder}`).sort());
    const live = [...model.resources].filter(([, it]) => holds(model, it));
    expect(resources.map(({ name, holder }) => `${name} ${holder}`)).toEqual(
      live.map(([name, it]) => `${name} ${it.holder}`).sort(),
    );
    const proven = real.store.raw
      .query<{ k: string; n: number }, []>(
        "SELECT holder || ' ' || capability AS k, successes AS n FROM capability_records WHERE successes > 0",
      )
      .all();
    expect(new Map(proven.map(({ k, n }) => [k, n]))).toEqual(model.successes);
  });

test("the board keeps what it promises, whatever is asked in whatever order", async () => {
  const by = fc.constantFrom(...HOLDERS);
  const at = fc.nat(9);
  const maybe = fc.option(at, { freq: 2 });
  const needs = fc.subarray(["a", "b"]);
  const proof = fc.constantFrom("true" as const, "false" as const, null);
  const outcome = fc.constantFrom(
    "completed" as const,
    "completed" as const,
    "failed" as const,
  );
  const commands = [
    fc
      .tuple(fc.integer({ min: 1, max: 10 }), needs, maybe)
      .map((a) => add(...a)),
    fc.tuple(by, needs, maybe).map((a) => claim(...a)),
    fc
      .tuple(by, fc.constant(["a", "b"]), fc.constant(null))
      .map((a) => claim(...a)),
    fc
      .tuple(
        by,
        at,
        fc.constantFrom(false, false, true),
        fc.option(fc.constantFrom("x", "__proto__")),
      )
      .map((a) => update(...a)),
    fc.tuple(by, at, outcome, proof).map((a) => complete(...a)),
    fc.constantFrom(1_000, LEASE_MS - 1, LEASE_MS + 1).map(advance),
    fc.constant(look()),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.commands(commands, { maxCommands: 60, size: "max" }),
      async (asked) => {
        emptyStore(rig.store);
        await fc.asyncModelRun(
          () => ({
            model: {
              now: 0,
              items: [],
              resources: new Map(),
              successes: new Map(),
            },
            real: rig,
          }),
          asked,
        );
      },
    ),
    { numRuns: 50 },
  );
}, 30_000);
