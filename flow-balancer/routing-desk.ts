/** Which expert a task goes to, learned from the outcomes of all servers of the home. */

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
import { quoted } from "./core/quoted.ts";
import type { TaskId } from "./core/ids.ts";
import type { KindInfo, TaskRequest } from "./core/task.ts";
import { type FollowerParts, OutcomeFollower } from "./outcome-follower.ts";
import {
  learnRouted,
  ROUTER,
  routedSlices,
  ROUTER_STATE_VERSION,
  type RoutingSettings,
  savedRouter,
} from "./read-router.ts";
import { Decisions } from "./store/decisions.ts";
import type { RoutedOutcome } from "./store/routed-outcomes.ts";

/** Its state is about a megabyte an expert, as text. */
const SAVE_EVERY_MS = 300_000;

interface Parts extends FollowerParts {
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
  readonly #decisions: Decisions;
  /** Who was chosen for the task with a key. */
  readonly #keyed: Statement<{ readonly choice: string }, [string, string]>;
  readonly #router: Router;
  readonly #follower: OutcomeFollower<RoutedOutcome>;

  /** From what was saved. */
  constructor(parts: Parts) {
    const { store, env, log, settings } = parts;
    this.#parts = parts;
    this.#decisions = new Decisions(store, env);
    this.#keyed = store.raw.prepare(
      "SELECT d.choice FROM tasks t JOIN decisions d ON d.task_seq = t.seq WHERE t.idempotency_key = ?1 AND d.policy = ?2 ORDER BY d.id DESC LIMIT 1",
    );
    const { router, seq, warning } = savedRouter(store.raw, settings);
    if (warning !== null) log("warn", "learning.damaged", { warning });
    this.#router = router;
    this.#follower = new OutcomeFollower(parts, {
      learner: ROUTER,
      version: ROUTER_STATE_VERSION,
      seq,
      saveEveryMs: SAVE_EVERY_MS,
      read: routedSlices(store.raw),
      learn: (outcome) => learnRouted(router, outcome),
      snapshot: () => router.snapshot(),
    });
  }

  /** Learns in the background what came since. */
  start(): void {
    this.#follower.follow();
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
    this.#follower.look();
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
    // By its key, as long as the choice for it is not stored: another one would be another task.
    const seed = hash32(idempotencyKey ?? this.#parts.env.unique());
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
          learned_until: this.#follower.seq,
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

  /** Saves what is new. Never rejects. */
  stop(): Promise<void> {
    return this.#follower.stop();
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
