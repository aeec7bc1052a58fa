import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ShellBridge } from "../../flow-balancer/queue/shell-bridge.ts";
import { ADA } from "../board/board-under-test.ts";
import { BridgeRig, LEASE_MS, type Script } from "./bridge-rig.ts";

type Step =
  | { readonly do: "pass" | "want" | "take" | "beat" | "agent" }
  | { readonly do: "finish" | "kill"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number }
  /** A pass of a bridge that dies at its `at`-th word with the board or the queue: before it was heard, or after. */
  | { readonly do: "die"; readonly at: number; readonly isHeard: boolean };

const which = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom<Step>({ do: "pass" }, { do: "take" }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      { do: "want" },
      { do: "beat" },
      { do: "agent" },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("finish" as const, "kill" as const),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(1_000, 40_000, 70_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("die" as const),
      at: fc.integer({ min: 1, max: 6 }),
      isHeard: fc.boolean(),
    }),
  },
);

/** Every word fails once it is dead, as it would for a process that is gone. */
function dying(scripts: BridgeRig, at: number, isHeard: boolean): ShellBridge {
  let words = 0;
  const mortal =
    <A extends unknown[], T>(say: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      words++;
      if (words > at || (words === at && !isHeard)) throw new Error("died");
      const said = await say(...args);
      if (words >= at) throw new Error("died");
      return said;
    };
  const { board, queue } = scripts.rig;
  return scripts.newBridge({
    board: {
      offer: mortal((...args) => board.offer(...args)),
      taken: mortal((...args) => board.taken(...args)),
      complete: mortal((...args) => board.complete(...args)),
    },
    queue: {
      extend: mortal((...args) => queue.extend(...args)),
      release: mortal((...args) => queue.release(...args)),
    },
    onError: () => {},
  });
}

class Play {
  readonly scripts = new BridgeRig();
  readonly #working: Script[] = [];
  readonly #keys = new Set<string>();

  async run(step: Step): Promise<void> {
    const { scripts } = this;
    switch (step.do) {
      case "pass":
        return scripts.newBridge().sync();
      case "want":
        return scripts.want();
      case "take":
        return this.take();
      case "beat":
        return this.#working.forEach((it) => it.beat());
      case "agent":
        return this.#agent();
      case "finish":
        return void this.#leave(step.which)?.done();
      case "kill":
        return void this.#leave(step.which);
      case "advance":
        return scripts.rig.env.advance(step.ms);
      case "die":
        return dying(scripts, step.at, step.isHeard)
          .sync()
          .catch(() => {});
    }
  }

  take(): void {
    const script = this.scripts.takeAny();
    if (script === null) return;
    // No name is ever claimed twice.
    const key = `${script.job.id}.${script.job.fence}`;
    expect(this.#keys).not.toContain(key);
    this.#keys.add(key);
    this.#working.push(script);
  }

  #leave(which: number): Script | undefined {
    return this.#working.splice(which % (this.#working.length || 1), 1)[0];
  }

  async #agent(): Promise<void> {
    const { rig } = this.scripts;
    const { claimed } = await rig.claim(ADA);
    if (claimed !== null) await rig.complete(claimed.item.id, ADA);
  }

  /** Those that are left end what they have; what nobody has is done by new ones. */
  async toTheEnd(): Promise<void> {
    for (let round = 0; round < 30; round++) {
      const { queued, running } = await this.scripts.rig.queue.counts();
      if (queued + running === 0) break;
      for (const script of this.#working.splice(0)) script.done();
      await this.scripts.wanted();
      for (let n = 0; n < 4; n++) this.take();
      this.scripts.rig.env.advance(LEASE_MS / 2);
    }
    await this.scripts.bridge.sync();
  }
}

test("whatever dies between any two steps: every task is done, and accepted once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const play = new Play();
      const { scripts } = play;
      try {
        const ids = await scripts.add(4);
        for (const it of steps) await play.run(it);
        await play.toTheEnd();
        for (const id of ids)
          expect(await scripts.stateOf(id)).toBe("completed");
        const accepted = scripts.rig.store.raw
          .query<{ id: string; n: number }, []>(
            "SELECT task_id AS id, count(*) AS n FROM events WHERE type = 'board.completed' GROUP BY task_id ORDER BY task_id",
          )
          .all();
        expect(accepted).toEqual(ids.toSorted().map((id) => ({ id, n: 1 })));
        expect(scripts.list("offer")).toEqual([]);
        expect(scripts.errors).toEqual([]);
      } finally {
        await scripts.rig.close();
      }
    }),
    { numRuns: 25 },
  );
}, 30_000);
