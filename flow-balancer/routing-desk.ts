/**
 * Which expert a task goes to, learned from the outcomes of all servers of the home in the order in which
 * they were stored. It looks for new ones when it is asked, so a server that is idle does nothing; what it
 * knows is saved now and then and when the server ends, and the next one goes on from there.
 */

import type { Statement } from "bun:sqlite";
import { hash32 } from "../orchestrator/learning/similarity-hash.ts";
import { packFeatures } from "../orchestrator/routing/packed-features.ts";
import type { Router } from "../orchestrator/routing/router.ts";
import { questionOf } from "../orchestrator/routing/task-question.ts";
import type { NewDecision } from "./core/decision.ts";
import { BalancerError } from "./core/errors.ts";
import type { Expert, RouteQuestion } from "./core/expert.ts";
import { expertInput } from "./core/expert-input.ts";
import { type JsonValue, parseOrNull } from "./core/json.ts";
import type { Env } from "./core/ports.ts";
import { quoted } from "./core/quoted.ts";
import type { TaskId } from "./core/ids.ts";
import type { KindInfo, TaskRequest } from "./core/task.ts";
import {
  learnRouted,
  ROUTER,
  ROUTER_STATE_VERSION,
  type RoutingSettings,
  savedRouter,
} from "./read-router.ts";
import type { Log } from "./stderr-log.ts";
import type { Store } from "./store/database.ts";
import { Decisions } from "./store/decisions.ts";
import { LearnedStates } from "./store/learned-states.ts";
import { OutcomeLog } from "./store/outcome-log.ts";
import { RoutedOutcomes } from "./store/routed-outcomes.ts";

/** A decision is at most so much behind what was stored, ms. */
const LOOK_EVERY_MS = 100;
/** Outcomes looked at in one go. */
const SLICE = 2_000;
/** Saved when so many are new, at most so often (ms): it is up to half a megabyte an expert. */
const SAVE_AFTER = 256;
const SAVE_EVERY_MS = 300_000;

interface Parts {
  readonly store: Store;
  readonly env: Env;
  readonly log: Log;
  readonly settings: RoutingSettings;
}

/** What a caller may ask beside the task itself. */
export type RouteTerms = Partial<
  Pick<RouteQuestion, "needs" | "budget" | "hasCheck" | "copies" | "isSingle">
>;

/** A task as the chosen expert does it, and the choice, to be recorded once the task has an id. */
export interface RoutedTask {
  readonly expert: string;
  readonly request: TaskRequest;
  /** Null: it was made before, with the same idempotency key. */
  readonly decision: Omit<NewDecision, "taskId" | "attempt"> | null;
}

export class RoutingDesk {
  readonly #parts: Parts;
  readonly #log: OutcomeLog;
  readonly #routed: RoutedOutcomes;
  readonly #states: LearnedStates;
  readonly #decisions: Decisions;
  /** Who was chosen for the task with a key. */
  readonly #keyed: Statement<{ readonly choice: string }, [string, string]>;
  readonly #router: Router;
  /** Of the last outcome that was learned from. */
  #seq: number;
  #savedSeq: number;
  /** Learned from since it was saved. */
  #unsaved = 0;
  #savedAt: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The last look did: what fails with every look is told once. */
  #hasFailed = false;
  #saving: Promise<void> = Promise.resolve();

  /** From what was saved. */
  constructor(parts: Parts) {
    const { store, env, log, settings } = parts;
    this.#parts = parts;
    this.#log = new OutcomeLog(store);
    this.#routed = new RoutedOutcomes(store.raw);
    this.#states = new LearnedStates(store, env);
    this.#decisions = new Decisions(store, env);
    this.#keyed = store.raw.prepare(
      "SELECT d.choice FROM tasks t JOIN decisions d ON d.task_seq = t.seq WHERE t.idempotency_key = ?1 AND d.policy = ?2 ORDER BY d.id DESC LIMIT 1",
    );
    const { router, seq, warning } = savedRouter(store.raw, settings);
    if (warning !== null) log("warn", "learning.damaged", { warning });
    this.#router = router;
    this.#seq = this.#savedSeq = seq;
    this.#savedAt = env.mono();
  }

  /** Whether experts serve the kind: a task of it is to be routed before it is submitted. */
  serves(kind: string): boolean {
    return this.experts.some(({ kinds }) => kinds.includes(kind));
  }

  get experts(): readonly Expert[] {
    return this.#router.experts;
  }

  /** Kinds that only experts do, as `known` says of the kinds they are done by. */
  kindsBeside(known: readonly KindInfo[]): KindInfo[] {
    const names = new Set(known.map(({ kind }) => kind));
    const served = new Set(this.experts.flatMap(({ kinds }) => kinds));
    return [...served]
      .filter((kind) => !names.has(kind))
      .map((kind) => servedKind(kind, this.experts, known));
  }

  /**
   * The task as the chosen expert does it. With an idempotency key that was used before: as the expert
   * does it that was chosen then. Throws UNKNOWN_KIND where no expert serves the kind, NOT_FOUND
   * where a rule forbids each, INVALID_ARGUMENT where the expert's fields cannot be laid over the input.
   */
  route(request: TaskRequest, terms: RouteTerms = {}): RoutedTask {
    this.#look();
    const { kind, inputJson, idempotencyKey } = request;
    const earlier =
      idempotencyKey === null ? null : this.#keyed.get(idempotencyKey, ROUTER);
    const seat = this.experts.find(({ name }) => name === earlier?.choice);
    if (seat !== undefined)
      return {
        expert: seat.name,
        request: ofExpert(request, seat),
        decision: null,
      };
    const question = questionOf(kind, inputJson, terms);
    const seed = hash32(this.#parts.env.unique());
    const decided = this.#router.decide(question, seed);
    const { choice, alternatives, propensity, reason } = decided;
    const expert = this.experts.find(({ name }) => name === choice);
    if (expert === undefined) throw nobody(kind, this.serves(kind), reason);
    return {
      expert: expert.name,
      request: ofExpert(request, expert),
      decision: {
        policy: ROUTER,
        version: decided.policyVersion,
        choice: expert.name,
        propensity: Math.min(1, propensity),
        alternatives: alternatives.map((it) => ({
          choice: it.expert,
          propensity: it.propensity,
          score: it.utility,
        })),
        reason: {
          asked: kind,
          lines: [...reason],
          next: [...decided.next],
          seed,
          learned_until: this.#seq,
          after_failure: false,
          features: packFeatures(this.#router.read(question)),
        },
      },
    };
  }

  /**
   * Records the choice for the first attempt of a task that was just recorded; to be called at once, so that
   * it is stored before what comes of it. Never throws.
   */
  async noted(taskId: TaskId, { decision }: RoutedTask): Promise<void> {
    if (decision === null) return;
    try {
      await this.#decisions.record({ ...decision, taskId, attempt: 1 });
    } catch (thrown) {
      const error = String(thrown);
      this.#parts.log("warn", "learning.not_saved", { error });
    }
  }

  /** Saves what is new. Never throws. */
  async stop(): Promise<void> {
    await this.#saving;
    while (this.#learn());
    if (this.#seq > this.#savedSeq && this.#unsaved > 0) await this.#save();
  }

  #look(): void {
    const now = this.#parts.env.mono();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    this.#learn();
    if (this.#unsaved >= SAVE_AFTER && now - this.#savedAt >= SAVE_EVERY_MS)
      this.#saving = this.#save();
  }

  /** One slice; whether there may be more. A store that cannot be read leaves what is known. */
  #learn(): boolean {
    try {
      const last = this.#log.last();
      const upTo = Math.min(last, this.#seq + SLICE);
      if (upTo <= this.#seq) return false;
      for (const outcome of this.#routed.between(this.#seq, upTo, ROUTER)) {
        learnRouted(this.#router, outcome);
        this.#unsaved++;
      }
      this.#seq = upTo;
      this.#hasFailed = false;
      return upTo < last;
    } catch (thrown) {
      if (!this.#hasFailed)
        this.#parts.log("warn", "learning.failed", { error: String(thrown) });
      this.#hasFailed = true;
      return false;
    }
  }

  async #save(): Promise<void> {
    const { env, log } = this.#parts;
    this.#savedAt = env.mono();
    this.#savedSeq = this.#seq;
    this.#unsaved = 0;
    try {
      const state = this.#router.snapshot();
      await this.#states.save(ROUTER, ROUTER_STATE_VERSION, this.#seq, state);
    } catch (thrown) {
      log("warn", "learning.not_saved", { error: String(thrown) });
    }
  }
}

function nobody(
  kind: string,
  isServed: boolean,
  reason: readonly string[],
): BalancerError {
  return isServed
    ? new BalancerError("NOT_FOUND", reason.join("; "), {
        hint: "Ask for less, or add an expert to [[experts]].",
      })
    : new BalancerError("UNKNOWN_KIND", `no expert serves ${quoted(kind)}`);
}

/** As text, unread, where nothing is to be changed in it. */
const inputOf = ({ inputJson }: TaskRequest, expert: Expert): string =>
  expert.run.readsStdin === undefined &&
  Object.keys(expert.run.input).length === 0
    ? inputJson
    : JSON.stringify(expertInput(parseOrNull(inputJson) as JsonValue, expert));

const ofExpert = (request: TaskRequest, expert: Expert): TaskRequest => ({
  ...request,
  kind: expert.run.kind,
  inputJson: inputOf(request, expert),
});

function servedKind(
  kind: string,
  experts: readonly Expert[],
  known: readonly KindInfo[],
): KindInfo {
  const own = experts.filter(({ kinds }) => kinds.includes(kind));
  const runs = own.flatMap(
    ({ run }) => known.find((it) => it.kind === run.kind) ?? [],
  );
  return {
    kind,
    description: `Done by one of the experts ${own.map(({ name }) => name).join(", ")}; which one is learned from outcomes.`,
    inputSchema: null,
    effects: runs.some(({ effects }) => effects === "once")
      ? "once"
      : "idempotent",
    timeoutMs: Math.max(0, ...runs.map(({ timeoutMs }) => timeoutMs)),
    capabilities: [...new Set(own.flatMap((it) => it.capabilities))],
  };
}
