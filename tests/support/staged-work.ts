/** Tasks for batches in order: each writes a line to a file of the project when it begins and one when it ends, so that a test can read what ran after what. */

import { readFileSync } from "node:fs";
import type { LineClient } from "./line-client.ts";

/** Waits for the file `gate`, if it is given one, or `ms`; `fail` ends it badly. */
const CODE = `import { appendFileSync, existsSync } from "node:fs";
export default async ({ name, path, ms = 0, gate, fail }: any) => {
  appendFileSync(path, \`begin \${name}\\n\`);
  while (gate !== undefined && !existsSync(gate)) await Bun.sleep(10);
  if (ms > 0) await Bun.sleep(ms);
  if (fail) throw new Error("as it should");
  appendFileSync(path, \`end \${name}\\n\`);
  return name;
};`;

interface Work {
  readonly ms?: number;
  /** Held until `openGate`. */
  readonly isGated?: boolean;
  readonly fail?: boolean;
  readonly stage?: number | undefined;
  readonly priority?: number;
}

const FILE = "log";
const GATE = "gate";

export const work = (
  { place }: LineClient,
  name: string,
  { ms, isGated, fail, stage, priority = 0 }: Work = {},
) => ({
  kind: "script",
  priority,
  input: {
    code: CODE,
    args: {
      name,
      path: place.path(FILE),
      ...(ms === undefined ? {} : { ms }),
      ...(isGated === true ? { gate: place.path(GATE) } : {}),
      ...(fail === undefined ? {} : { fail }),
    },
  },
  ...(stage === undefined ? {} : { stage }),
});

export const openGate = ({ place }: LineClient): Promise<number> =>
  Bun.write(place.path(GATE), "");

/** `begin NAME` and `end NAME`, as they came. */
export function logged({ place }: LineClient): readonly string[] {
  try {
    return readFileSync(place.path(FILE), "utf8").trim().split("\n");
  } catch {
    return [];
  }
}
