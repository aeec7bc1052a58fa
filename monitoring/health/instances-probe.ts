/** Whether the other servers of the home are well. Their trouble is not this one's: at worst degraded. */

import { count } from "../../flow-balancer/core/figures.ts";
import type { Neighbours } from "./health-facts.ts";
import { degraded, ok, type Probes } from "./probe.ts";
import { lengthInWords } from "../length-in-words.ts";

/** So many are named. */
const NAMED = 3;

export const INSTANCES_PROBE: Probes<"instances"> = {
  instances({ alive, died, silent, windowMs }) {
    const figures = {
      alive,
      died: died.length,
      silent: silent.length,
      window_ms: windowMs,
    };
    const said = `${count(alive, "server")} on this home`;
    if (died.length + silent.length === 0) return ok(said, figures);
    return degraded(`${said}. ${lossesInWords({ died, silent })}`, figures);
  },
};

/** Whose deaths and silences, and what became of their work. Not for none. */
export function lossesInWords({
  died,
  silent,
}: Pick<Neighbours, "died" | "silent">): string {
  const dead = died
    .slice(0, NAMED)
    .map(
      ({ id, pid, ms }) => `${id} (pid ${pid}) died ${lengthInWords(ms)} ago`,
    );
  const quiet = silent
    .slice(0, NAMED)
    .map(
      ({ id, pid, ms }) =>
        `${id} (pid ${pid}) has not been heard of for ${lengthInWords(ms)}`,
    );
  const more = died.length + silent.length - dead.length - quiet.length;
  const others = more > 0 ? [`${more} more`] : [];
  return `${[...dead, ...quiet, ...others].join(", ")}: their work was given to others. Look for what ended them (memory? kill -9?)`;
}
