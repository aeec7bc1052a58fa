/** `bun run nemesis --kills 200 [--seed N] [--rate N]`: says what was found, keeps it among the results, and fails if a promise was broken or the run proved nothing. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { thisCommit, thisMachine } from "../../benchmarks/machine.ts";
import { breaches } from "./breaches.ts";
import {
  DEAD_AFTER_MS,
  HEARTBEAT_MS,
  nemesis,
  type NemesisReport,
} from "./nemesis.ts";

const RESULTS = join(import.meta.dir, "../../benchmarks/results/nemesis.json");

const wholeNumber = (name: string, text: string, max: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  process.stderr.write(`--${name} must be 1..${max}, not '${text}'\n`);
  process.exit(2);
};

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(1 + (Date.now() % 1_000_000)) },
    rate: { type: "string", default: "60" },
  },
});
const report = await nemesis({
  kills: wholeNumber("kills", values.kills, 100_000),
  seed: wholeNumber("seed", values.seed, 2 ** 31),
  rate: wholeNumber("rate", values.rate, 1_000),
});
const broken = breaches(report);
keep(report);
process.stdout.write(`${lines(report, broken).join("\n")}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;

function keep(found: NemesisReport): void {
  const whole = {
    schema: 1,
    suite: "nemesis",
    machine: thisMachine(),
    commit: thisCommit(),
    heartbeat_ms: HEARTBEAT_MS,
    dead_after_ms: DEAD_AFTER_MS,
    ...found,
    breaches: broken,
  };
  writeFileSync(RESULTS, `${JSON.stringify(whole, null, 2)}\n`);
}

function lines(
  { faults, ...found }: NemesisReport,
  failures: readonly string[],
): string[] {
  return [
    `seed ${found.seed}, ${found.seconds.toFixed(1)} s, ${found.acknowledgedPerSecond.toFixed(1)} tasks acknowledged a second`,
    `killed: ${faults.workers} workers, ${faults.servers} servers (${faults.allAtOnce} times all at once); stopped: ${faults.stops}`,
    `acknowledged ${found.acknowledged}, lost ${found.lost.length}, unfinished ${found.unfinished.length}`,
    `accepted twice ${found.doublyAccepted}, answers that changed ${found.changed.length}, commands run twice ${found.effectsTwice} of ${found.effects}`,
    `stale results refused ${found.staleRejected}, attempts taken over ${found.takenOver}`,
    `integrity ok after ${found.integrityChecks - found.damage.length} of ${found.integrityChecks} kills`,
    `ends: ${JSON.stringify(found.byState)}`,
    ...(failures.length === 0 ? ["every promise kept"] : failures),
  ];
}
