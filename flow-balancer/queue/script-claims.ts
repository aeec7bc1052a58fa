/** What scripts have claimed: that they begin, go on, end, or are not heard of any more. */

import { BalancerError, type ErrorCode } from "../core/errors.ts";
import { holderId, SHELL_BRIDGE } from "../core/ids.ts";
import { isTerminal } from "../core/task.ts";
import type { BootMs } from "../core/time.ts";
import { type BridgeRows, type HeldTask, isTaken } from "./bridge-rows.ts";
import type { ClaimFolders } from "./claim-folders.ts";
import { attemptOf, type ClaimKey, offerName } from "./claim-names.ts";
import { type ScriptEnd, scriptEnd, scriptName } from "./script-result.ts";
import type { ShellBridgeOptions } from "./shell-bridge-options.ts";

interface Parts extends Pick<
  ShellBridgeOptions,
  "env" | "store" | "queue" | "board"
> {
  readonly folders: ClaimFolders;
  readonly rows: BridgeRows;
  readonly leaseMs: number;
  readonly onError: (thrown: unknown) => void;
}

/** Somebody else's by now, or ended: the next look finds the claim retired. */
const NOT_OURS: ReadonlySet<ErrorCode> = new Set([
  "NOT_OWNER",
  "ALREADY_FINISHED",
  "NOT_FOUND",
]);

export class ScriptClaims {
  readonly #parts: Parts;
  /** Results being recorded: their evidence may take long to look at. */
  readonly #finishing = new Map<ClaimKey, Promise<void>>();
  /** Whose heartbeat has changed. */
  readonly #heard = new Map<ClaimKey, { task: HeldTask; sign: string }>();
  /** Scripts that work on after they lost their lease: the last heartbeat, and when it was seen. */
  readonly #stray = new Map<ClaimKey, { sign: string; since: BootMs }>();
  #fenced = 0;
  #wrong = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get counts(): { readonly fenced: number; readonly wrong: number } {
    return { fenced: this.#fenced, wrong: this.#wrong };
  }

  /** Resolves once the results that were found are recorded. */
  async finished(): Promise<void> {
    await Promise.allSettled(this.#finishing.values());
  }

  /** At one that the bridge holds. */
  async look(key: ClaimKey, task: HeldTask): Promise<void> {
    if (this.#finishing.has(key)) return;
    const { folders } = this.#parts;
    // In this order: a script moves the one to the other.
    const isOffered = folders.hasOffer(offerName(task));
    if (!folders.hasInClaim(key, "job")) {
      // One that is killed between the two loses its claim when the offer's lease runs out.
      if (!isOffered) await this.#giveBack(key, task);
      return;
    }
    if (!isTaken(task)) await this.#begin(key, task);
    const end = scriptEnd(
      folders.readClaim(key, "result.json"),
      folders.readClaim(key, "error.json"),
    );
    if (end !== null) {
      this.#finish(key, task, end);
      return;
    }
    if (task.cancelAsked === 1) folders.askToStop(key);
    const sign = folders.heartbeat(key);
    if (sign !== folders.seen(key)) this.#heard.set(key, { task, sign });
  }

  /** Of all whose heartbeat has changed since anybody looked. */
  async extend(): Promise<void> {
    const heard = [...this.#heard];
    this.#heard.clear();
    if (heard.length === 0) return;
    const { queue, folders, leaseMs } = this.#parts;
    await queue.extend(
      heard.map(([, { task }]) => task),
      leaseMs,
    );
    for (const [key, { sign }] of heard) folders.note(key, sign);
  }

  /** One that the bridge does not hold, or no longer. */
  retire(key: ClaimKey): void {
    const { folders, rows } = this.#parts;
    const { id, fence } = attemptOf(key);
    const now = rows.now(id);
    const isSettled = now?.fence === fence && isTerminal(now.state);
    const isDone = ["result.json", "error.json"].some((name) =>
      folders.hasInClaim(key, name),
    );
    if (isDone && !isSettled) {
      this.#fenced++;
      folders.keep(key, "fenced");
    } else if (isSettled || !folders.hasInClaim(key, "job"))
      folders.discard(key);
    else if (this.#hasGone(key)) folders.discard(key);
    else return;
    this.#stray.delete(key);
  }

  /** Nobody moved the offer: a process took it back, and went no further. */
  async #giveBack(key: ClaimKey, task: HeldTask): Promise<void> {
    const { queue, folders } = this.#parts;
    await queue.release(task);
    folders.discard(key);
  }

  /** With a whole lease before it. */
  async #begin(key: ClaimKey, task: HeldTask): Promise<void> {
    const { board, queue, folders, leaseMs } = this.#parts;
    const by = holderId(scriptName(folders.readClaim(key, "owner")));
    await Promise.all([board.taken(task, by), queue.extend([task], leaseMs)]);
    folders.note(key, folders.heartbeat(key));
  }

  #finish(key: ClaimKey, task: HeldTask, end: ScriptEnd): void {
    this.#finishing.set(
      key,
      this.#record(key, task, end)
        .catch((thrown: unknown) => this.#parts.onError(thrown))
        .finally(() => this.#finishing.delete(key)),
    );
  }

  /** Crashed before its folder is gone, it is found settled the next time. */
  async #record(key: ClaimKey, task: HeldTask, end: ScriptEnd): Promise<void> {
    const { queue, folders } = this.#parts;
    try {
      // Whoever wanted it cancelled has it so now.
      if (task.cancelAsked === 1 && end.outcome === "failed")
        await queue.release(task);
      else await this.#complete(task, end);
    } catch (thrown) {
      if (thrown instanceof BalancerError && NOT_OURS.has(thrown.code)) return;
      throw thrown;
    }
    if (end.isWrong) {
      this.#wrong++;
      folders.keep(key, "aside");
    } else folders.discard(key);
  }

  async #complete(
    task: HeldTask,
    { outcome, summary }: Pick<ScriptEnd, "outcome" | "summary">,
  ): Promise<void> {
    try {
      await this.#parts.board.complete(
        task.id,
        SHELL_BRIDGE,
        // What a script leaves in a file is never run: the board's own demands are.
        { outcome, summary, evidence: [], note: null },
        task.fence,
      );
    } catch (thrown) {
      const isUnproven =
        thrown instanceof BalancerError && thrown.code === "NOT_PROVEN";
      if (!isUnproven) throw thrown;
      await this.#complete(task, {
        outcome: "failed",
        summary: thrown.message.slice(0, 2_000).toWellFormed(),
      });
    }
  }

  /** Asks it to stop; true once its heartbeat has not changed for as long as a lease. */
  #hasGone(key: ClaimKey): boolean {
    const { folders, env, leaseMs } = this.#parts;
    folders.askToStop(key);
    const sign = folders.heartbeat(key);
    const before = this.#stray.get(key);
    if (before?.sign === sign) return env.boot() - before.since >= leaseMs;
    this.#stray.set(key, { sign, since: env.boot() });
    return false;
  }
}
