/**
 * One run of the nemesis: three servers on one home, work at a steady rate, faults until so many
 * processes were killed; then peace, until everything has ended, and the verdict.
 */

import {
  mkdtempSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededChance } from "../simulation/seeded-chance.ts";
import { descendants, kill } from "../support/processes.ts";
import { Faults, type FaultCounts } from "./faults.ts";
import { Journal } from "./journal.ts";
import { Load } from "./load.ts";
import { Terminal } from "./terminal.ts";
import { staleNeeded, Witness, type Verdict } from "./witness.ts";

export interface NemesisOptions {
  readonly kills: number;
  readonly seed: number;
  /** Tasks a second, all servers together. */
  readonly rate: number;
}

export interface NemesisReport extends Verdict {
  readonly seed: number;
  readonly seconds: number;
  readonly acknowledgedPerSecond: number;
  readonly faults: FaultCounts;
  readonly kills: number;
  /** Looks at the whole file, one after each kill of a server, and what was wrong. */
  readonly integrityChecks: number;
  readonly damage: readonly string[];
  /** Tasks whose answer changed once they had one. */
  readonly changed: readonly string[];
  /** Commands that took effect twice. */
  readonly effectsTwice: number;
  readonly effects: number;
}

const SERVERS = 3;
/** Time runs faster here than by default (30 s and 60 s), so that a stop of seconds is one of minutes. */
export const HEARTBEAT_MS = 500;
export const DEAD_AFTER_MS = 1_500;
/** Long enough to be taken for dead, while the kernel still holds its lock. */
const STOP_MS = 2_000;
const PAUSE_MS = 250;
/** Until there is work in every server. */
const WARM_UP_MS = 1_500;
/** After the kills that were asked for. */
const MOST_STOPS = 15;
/** Until everything has ended after the last fault. */
const PEACE_MS = 120_000;

export async function nemesis(options: NemesisOptions): Promise<NemesisReport> {
  const root = mkdtempSync(join(tmpdir(), "flow-balancer-nemesis-"));
  try {
    return await run(root, options);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function places(root: string) {
  const project = join(root, "project");
  const user = join(root, "user");
  const home = join(root, "home");
  mkdirSync(project);
  mkdirSync(user);
  writeFileSync(join(project, "flow-balancer.toml"), "");
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: user,
    FLOW_BALANCER_HOME: home,
    FLOW_BALANCER_POOL_MAX_WORKERS: "12",
    // One session for all: a worker serves one at a time, and those of dead connections would each need their own.
    CLAUDE_CODE_SESSION_ID: "nemesis",
    FLOW_BALANCER_INSTANCES_HEARTBEAT_MS: String(HEARTBEAT_MS),
    FLOW_BALANCER_INSTANCES_DEAD_AFTER_MS: String(DEAD_AFTER_MS),
  };
  return { project, home, env, effects: join(root, "effects") };
}

async function run(
  root: string,
  { kills, seed, rate }: NemesisOptions,
): Promise<NemesisReport> {
  const { project, home, env, effects } = places(root);
  const chance = new SeededChance(seed);
  const start = async (): Promise<Terminal> => {
    const terminal = new Terminal(project, env);
    await terminal.initialize();
    // The engine starts with its first use.
    await terminal.call("pool_status", {});
    return terminal;
  };
  const terminals = [await start()];
  const witness = new Witness(join(home, "flow.db"));
  const journal = new Journal(join(root, "acknowledged"));
  const damage: string[] = [];
  let integrityChecks = 0;
  const stepping = { timer: undefined as Timer | undefined };
  try {
    while (terminals.length < SERVERS) terminals.push(await start());
    const load = new Load(terminals, journal, chance, effects);
    const faults = new Faults(terminals, start, chance, STOP_MS);
    const startedAt = performance.now();
    stepping.timer = setInterval(() => load.step(), 1_000 / rate);
    await Bun.sleep(WARM_UP_MS);
    while (faults.kills < kills) {
      await Bun.sleep(PAUSE_MS * 2 * chance.next());
      const before = faults.counts.servers;
      await faults.next();
      if (faults.counts.servers === before) continue;
      integrityChecks++;
      const found = witness.integrity();
      if (found !== "ok") damage.push(found);
    }
    // By chance there may be too few stale results to say anything. It is stops that make them, not kills.
    const isVacuous = (): boolean =>
      witness.staleRejected() <= staleNeeded(faults.kills);
    for (let stops = 0; stops < MOST_STOPS && isVacuous(); stops++)
      await faults.stopForLong();
    clearInterval(stepping.timer);
    const seconds = (performance.now() - startedAt) / 1_000;
    faults.heal();
    await peace(witness);
    const verdict = witness.verdict(journal.read());
    const lines = linesOf(effects);
    return {
      ...verdict,
      seed,
      seconds,
      acknowledgedPerSecond: verdict.acknowledged / seconds,
      faults: faults.counts,
      kills: faults.kills,
      integrityChecks,
      damage,
      changed: load.changed,
      effects: lines.length,
      effectsTwice: lines.length - new Set(lines).size,
    };
  } finally {
    clearInterval(stepping.timer);
    await Promise.all(terminals.map(endWithAll));
    witness.close();
    journal.close();
  }
}

async function peace(witness: Witness): Promise<void> {
  const until = performance.now() + PEACE_MS;
  while (witness.open() > 0 && performance.now() < until) await Bun.sleep(100);
}

async function endWithAll(terminal: Terminal): Promise<void> {
  if (terminal.hasEnded) return;
  const mine = descendants(terminal.pid);
  terminal.signal("SIGKILL");
  await terminal.process.exited;
  for (const { pid } of mine) kill(pid);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
