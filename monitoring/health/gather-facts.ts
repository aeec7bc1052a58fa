/** Takes all facts side by side, each within a bound: one that throws or takes too long costs the others nothing, and is itself a finding. */

import { toWireError } from "../../flow-balancer/core/errors.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type { FactSources, Gathered, Known } from "./health-facts.ts";

/** Resolves within `boundMs`. Never rejects. */
export async function gatherFacts(
  sources: FactSources,
  env: Pick<Env, "timer">,
  boundMs: number,
): Promise<Gathered> {
  const asked = Object.entries(sources).map(
    async ([name, source]) =>
      [name, await within<unknown>(source, env, boundMs)] as const,
  );
  return Object.fromEntries(await Promise.all(asked)) as Gathered;
}

async function within<Fact>(
  source: () => Fact | Promise<Fact>,
  env: Pick<Env, "timer">,
  boundMs: number,
): Promise<Known<Fact>> {
  let cancel = (): void => {};
  const late = new Promise<Known<Fact>>((resolve) => {
    const reason = `it gave no answer within ${boundMs} ms`;
    cancel = env.timer(boundMs, () => resolve({ ok: false, reason }));
  });
  try {
    const known = Promise.try(source).then((value) => ({
      ok: true as const,
      value,
    }));
    return await Promise.race([known, late]);
  } catch (thrown) {
    const { message, hint } = toWireError(thrown);
    const isOurs = hint !== undefined && !isDefect(thrown);
    return { ok: false, reason: isOurs ? `${message}. ${hint}` : message };
  } finally {
    cancel();
  }
}

/** What no code of ours foresaw says "report it", which is no help to who runs the server. */
const isDefect = (thrown: unknown): boolean =>
  toWireError(thrown).code === "INTERNAL";
