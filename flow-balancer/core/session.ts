/**
 * Sessions: what they are, where they are remembered, and how busy one is. A session's state is a JSON
 * object by key; each save names the version it was made from, so that of two workers that changed it
 * at once the second is told instead of winning in silence.
 */

import type { SessionId } from "./ids.ts";
import type { Lease } from "./queue.ts";
import type { EpochMs } from "./time.ts";

export interface Session {
  readonly id: SessionId;
  readonly name: string | null;
  readonly openedAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

/** What a session remembers, as it was last saved. */
export interface SessionState {
  /** 0: nothing was saved yet, and `json` is `{}`. */
  readonly version: number;
  /** A JSON object. */
  readonly json: string;
}

/** As read: `damage` says what of it was damaged, where an older generation had to do; null: nothing. */
export interface LoadedState extends SessionState {
  readonly damage: string | null;
}

export interface SaveOptions {
  /** Make the session if there is none: for one that a client names by itself, which outlives its connection. */
  readonly create?: boolean;
  /** Save only as long as this task is held under this fence. */
  readonly lease?: Lease;
}

/** Sessions that are remembered; what they mean to workers is the pool's business. */
export interface SessionStore {
  open(name: string | null): Promise<Session>;
  /** Closing twice is closing once; null if there is no such session. */
  close(id: SessionId): Promise<Session | null>;
  get(id: SessionId): Promise<Session | null>;
  /** It is used; written now and then only. */
  touch(id: SessionId): Promise<void>;
  /** Null if there is no such session. Throws PAYLOAD_DAMAGED if both generations are. */
  load(id: SessionId): Promise<LoadedState | null>;
  /**
   * The new version. Throws VERSION_CONFLICT if the saved version is another than `expected`,
   * SESSION_CLOSED, NOT_FOUND, or NOT_OWNER if the lease was lost; nothing was saved then.
   */
  save(
    id: SessionId,
    json: string,
    expected: number,
    options?: SaveOptions,
  ): Promise<number>;
}

export type SessionMode = "resting" | "warming" | "flowing" | "surging";

/** What a session was asked to do lately. */
export interface SessionLoad {
  /** Tasks that have not ended. */
  readonly inFlight: number;
  /** Tasks submitted in the last minute. */
  readonly lastMinute: number;
  /** Tasks submitted in the time before that, as far back as is looked. */
  readonly before: number;
  /** How long that time is, ms: less for a session that was not there for all of it. */
  readonly beforeMs: number;
  /** Since it was last used, ms; null: never. */
  readonly idleMs: number | null;
}

const MINUTE_MS = 60_000;
/** Nothing in flight for so long: nobody is at it. */
const RESTS_AFTER_MS = MINUTE_MS;
/** Fewer tasks a minute than this are no surge of anything. */
const SURGE_AT_LEAST = 6;
const SURGE_FACTOR = 2;
/** Standard deviations of a Poisson arrival of the usual rate: fewer than 1 minute in 100 is above by chance. */
const SURGE_DEVIATIONS = 3;

/** Tasks a minute, before the last minute; null: it was not there for a minute, or did nothing. */
export function usualRate({ before, beforeMs }: SessionLoad): number | null {
  return before === 0 || beforeMs < MINUTE_MS
    ? null
    : (before * MINUTE_MS) / beforeMs;
}

/**
 * A session is compared with itself, since ten tasks a minute are a rush for one and silence for
 * another. `resting`: nothing in flight, and unused for a minute. `warming`: in use, and too new, or
 * too long away, to have a usual rate. `surging`: twice its usual rate, and more than chance gives.
 * `flowing`: in use as usual.
 */
export function sessionMode(load: SessionLoad): SessionMode {
  const { inFlight, lastMinute, idleMs } = load;
  if (inFlight === 0 && (idleMs === null || idleMs >= RESTS_AFTER_MS))
    return "resting";
  const usual = usualRate(load);
  if (usual === null) return "warming";
  const isRush =
    lastMinute >= SURGE_AT_LEAST &&
    lastMinute >= SURGE_FACTOR * usual &&
    lastMinute >= usual + SURGE_DEVIATIONS * Math.sqrt(usual);
  return isRush ? "surging" : "flowing";
}
