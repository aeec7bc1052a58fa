import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import { place, type IdleWorker } from "../../flow-balancer/pool/placement.ts";

const session = fc
  .constantFrom(null, "a", "b")
  .map((name) => name as SessionId | null);
const kind = fc.constantFrom("shell", "script", "k");
const worker: fc.Arbitrary<IdleWorker> = fc.record({
  session,
  reservedFor: fc.option(kind, { freq: 4 }),
  loaded: fc.subarray(["shell", "script", "k"]).map((names) => new Set(names)),
  idleSince: fc.nat(5),
});
const wish = fc.record({ session, kind });
const idle = (more: Partial<IdleWorker>): IdleWorker => ({
  session: null,
  reservedFor: null,
  loaded: new Set(),
  idleSince: 0,
  ...more,
});
const of = (name: string) => name as SessionId;

describe("placement", () => {
  test("never gives a worker to another session, nor one that is reserved to another kind", () => {
    fc.assert(
      fc.property(wish, fc.array(worker), (wanted, workers) => {
        const placement = place(wanted, workers);
        const fits = workers.filter(
          (one) =>
            (one.session === null || one.session === wanted.session) &&
            (one.reservedFor === null || one.reservedFor === wanted.kind),
        );
        if (placement.type === "use") expect(fits).toContain(placement.worker);
        // And it finds one whenever there is one.
        else expect(fits).toEqual([]);
        expect(placement.type === "wait").toBe(workers.length === 0);
      }),
      { numRuns: 500 },
    );
  });

  test("says hot for the session's own worker, warm where the kind is loaded, else cold", () => {
    fc.assert(
      fc.property(wish, fc.array(worker), (wanted, workers) => {
        const placement = place(wanted, workers);
        if (placement.type !== "use") return;
        const { worker, tier } = placement;
        expect(tier).toBe(
          worker.session !== null
            ? "hot"
            : worker.loaded.has(wanted.kind)
              ? "warm"
              : "cold",
        );
      }),
      { numRuns: 300 },
    );
  });

  test("prefers own worker with the kind, own worker, kind loaded, bare; among equals the one used last", () => {
    const bare = idle({ idleSince: 9 });
    const warm = idle({ loaded: new Set(["shell"]), idleSince: 8 });
    const warmer = idle({ loaded: new Set(["shell"]), idleSince: 9 });
    const own = idle({ session: of("a"), idleSince: 1 });
    const best = idle({
      session: of("a"),
      loaded: new Set(["shell"]),
      idleSince: 0,
    });
    const wanted = { session: of("a"), kind: "shell" };
    const all = [bare, warm, warmer, own, best];
    for (const expected of [best, own, warmer, warm, bare]) {
      expect(place(wanted, all)).toMatchObject({
        type: "use",
        worker: expected,
      });
      all.splice(all.indexOf(expected), 1);
    }
    expect(place(wanted, [idle({ session: of("b") })])).toEqual({
      type: "replace",
    });
  });
});
