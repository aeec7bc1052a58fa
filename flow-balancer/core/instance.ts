/**
 * The servers that share a home: what is known of each, and by which signs one is given up. A wrong
 * verdict costs work done twice, never a wrong result: every settle names its fence.
 */

import type { InstanceId } from "./ids.ts";
import type { Reclaimed } from "./queue.ts";
import type { BootMs, EpochMs } from "./time.ts";

/** What an instance says of itself. */
export interface InstanceSelf {
  readonly id: InstanceId;
  readonly pid: number;
  /** Of the process, in clock ticks since the machine started; empty where the kernel does not tell. */
  readonly pidStarted: string;
  /** `stdio` or `http`. */
  readonly transport: string;
  readonly projectRoot: string;
  readonly version: string;
  /** Worker processes it would have if it were alone: 1 or more. */
  readonly maxWorkers: number;
}

/** What an instance tells the others with each heartbeat. */
export interface Load {
  /** Worker processes it has work for. */
  readonly wants: number;
  /** Worker processes it may have. */
  readonly share: number;
}

export interface InstanceRecord extends InstanceSelf, Load {
  readonly bootId: string;
  readonly startedAt: EpochMs;
  readonly heartbeatAt: EpochMs;
  readonly heartbeatBoot: BootMs;
  /** Null while it runs, as far as anybody knows. */
  readonly endedAt: EpochMs | null;
  readonly end: "stopped" | "died" | null;
}

/** Of the lock that an instance holds for as long as its process lives. `absent`: there is no such file, or it cannot be asked. */
export type LockState = "held" | "free" | "absent";

/** Whether the process that a row names is there. `unknown` where there is no /proc. */
export type ProcessState = "same" | "gone" | "unknown";

/** Another instance as this one sees it. */
export interface InstanceSigns {
  readonly bootId: string;
  readonly boot: BootMs;
  /** So long has whoever looks been running without having been suspended itself, ms. */
  readonly watchedMs: number;
  readonly lock: LockState;
  readonly process: ProcessState;
}

/** `restarted`: the machine was; `unlocked`: its lock is free; `gone`: its process is; `silent`: no heartbeat. */
export type CauseOfDeath = "restarted" | "unlocked" | "gone" | "silent";

export type Verdict =
  | { readonly isAlive: true }
  | {
      readonly isAlive: false;
      readonly cause: CauseOfDeath;
      /** Certain to be dead for so long that nobody waits any more for a call to it. */
      readonly abandon: boolean;
    };

/** By what the servers of a home know of one another; the same for all of them. */
export interface Rhythm {
  readonly heartbeatMs: number;
  /** Without a heartbeat for so long its work is another's, though its process may be there: suspended, or starved. */
  readonly deadAfterMs: number;
}

/** No client waits longer for a call to a server that has died. */
const ABANDON_MS = 60_000;
/**
 * For this part of a heartbeat's interval nobody is called silent. When a laptop wakes, every
 * heartbeat on it is hours old, and the others need a moment to beat again.
 */
const WATCH_PART = 1 / 6;

/** Of a row that has not ended. */
export function judge(
  row: InstanceRecord,
  signs: InstanceSigns,
  { heartbeatMs, deadAfterMs }: Rhythm,
): Verdict {
  if (row.bootId !== signs.bootId) return dead("restarted", true);
  const silentMs = signs.boot - row.heartbeatBoot;
  // It died after its last heartbeat, up to one interval later.
  const abandon = silentMs > ABANDON_MS + heartbeatMs;
  if (signs.lock === "free") return dead("unlocked", abandon);
  if (signs.lock === "absent" && signs.process === "gone")
    return dead("gone", abandon);
  // Suspended with its clients, it may yet answer them: what they wait for is not given up.
  if (silentMs > deadAfterMs && signs.watchedMs >= heartbeatMs * WATCH_PART)
    return dead("silent", false);
  return { isAlive: true };
}

const dead = (cause: CauseOfDeath, abandon: boolean): Verdict => ({
  isAlive: false,
  cause,
  abandon,
});

/** The instances as one of them sees them. */
export interface InstancesStatus {
  readonly self: InstanceId;
  readonly alive: readonly (InstanceRecord & {
    readonly heartbeatAgeMs: number;
  })[];
  /** What this one did for others since it started. */
  readonly found: { readonly dead: number; readonly work: Reclaimed };
  /** How often this one was suspended, or starved, since it started. */
  readonly wakes: number;
  readonly lastBeat: LastBeat;
}

/** Of the beat by which an instance looks after itself and the others. */
export interface LastBeat {
  /** Since it began; it is due twice a second. */
  readonly ageMs: number;
  /** From the end of one to the beginning of the next. */
  readonly everyMs: number;
  /** What it is doing; null: it is over. */
  readonly step: string | null;
  /** What went wrong in it, by step. */
  readonly failing: readonly string[];
  readonly steps: Readonly<Record<BeatStepName, BeatStep>>;
  /** Since the others were told last that this one lives; null: they have not been. */
  readonly toldMsAgo: number | null;
}

/** In their order. */
export const BEAT_STEPS = [
  "wake",
  "presence",
  "rescue",
  "sweep",
  "orphans",
  "share",
] as const;

export type BeatStepName = (typeof BEAT_STEPS)[number];

export interface BeatStep {
  /** Since it went through last; before it ever did, since the instance was made. */
  readonly okMsAgo: number;
  /** Tries in a row that failed, and why the last one did. */
  readonly failures: number;
  readonly reason: string | null;
}
