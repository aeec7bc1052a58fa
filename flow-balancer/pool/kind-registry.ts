/** The kinds there are: the two built in and those the configuration names. */

import { isListKind, LIST } from "../core/chunking.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import type { JsonValue } from "../core/json.ts";
import type { KindInfo } from "../core/task.ts";
import type { KindDescription } from "../worker/protocol.ts";
import { scriptKind } from "../worker/kinds/script.ts";
import { shellKind } from "../worker/kinds/shell.ts";
import type { MultiTierPoolManager } from "./multi-tier-pool-manager.ts";
import { mayRunTwice } from "./endings.ts";
import type { PoolKind } from "./pool-task.ts";

/** A kind that is a module, as configured. */
export interface ModuleKind {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly description: string | null;
  readonly effects: PoolKind["effects"];
  readonly concurrency: number | null;
  readonly inFlight: number;
  readonly timeoutMs: number | null;
  readonly memoryMb: number | null;
  readonly capabilities: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Entry {
  readonly pool: PoolKind;
  /** In force where neither the task nor what was learned says another. */
  readonly timeoutMs: number;
  /** A person set it for this kind: it is never learned. */
  readonly hasOwnTimeout: boolean;
  /** What it did may not be done twice: never run again once it may have started. */
  readonly runsOnce: boolean;
  readonly description: string;
  readonly capabilities: readonly string[];
  schema: KindInfo["inputSchema"];
}

export class KindRegistry {
  readonly #entries = new Map<string, Entry>();
  /** Made when they are asked for; by the name of what they are lists of. */
  readonly #lists = new Map<string, Entry>();
  readonly #defaultTimeoutMs: number;

  constructor(modules: readonly ModuleKind[], defaultTimeoutMs: number) {
    this.#defaultTimeoutMs = defaultTimeoutMs;
    this.#addBuiltIn("shell", { type: "shell" }, shellKind.description);
    this.#addBuiltIn("script", { type: "script" }, scriptKind.description);
    for (const kind of modules) {
      const pool: PoolKind = {
        name: kind.name,
        source: { type: "module", path: kind.path },
        effects: kind.effects,
        concurrency: kind.concurrency,
        inFlight: kind.inFlight,
        memoryMb: kind.memoryMb,
        env: kind.env,
      };
      this.#entries.set(kind.name, {
        pool,
        runsOnce: !mayRunTwice(pool),
        capabilities: kind.capabilities,
        timeoutMs: kind.timeoutMs ?? defaultTimeoutMs,
        hasOwnTimeout: kind.timeoutMs !== null,
        description: kind.description ?? "",
        schema: null,
      });
    }
  }

  /** Throws UNKNOWN_KIND and names those there are. */
  get(
    kind: string,
  ): Pick<Entry, "pool" | "timeoutMs" | "hasOwnTimeout" | "runsOnce"> {
    return this.#entry(kind);
  }

  /**
   * The name under which a list of the kind's inputs is one task. Null where its tasks are to be run one
   * by one: their number at a time is limited, or what they did may not be done twice. Throws UNKNOWN_KIND.
   */
  listKind(kind: string): string | null {
    const { pool, runsOnce } = this.#entry(kind);
    return runsOnce || pool.concurrency !== null ? null : `${kind}${LIST}`;
  }

  list(): KindInfo[] {
    return [...this.#entries.values()].map(toInfo);
  }

  /** Every name a task can have that this process runs: the kinds', and those of lists of their inputs. */
  names(): string[] {
    return [...this.#entries.keys()].flatMap((kind) => {
      const list = this.listKind(kind);
      return list === null ? [kind] : [kind, list];
    });
  }

  /** Has a worker load the kind, unless its schema is known. Throws what loading it says. */
  async describe(
    kind: string,
    pool: MultiTierPoolManager,
    id: TaskId,
  ): Promise<KindInfo> {
    const entry = this.#entry(kind);
    if (entry.schema !== null) return toInfo(entry);
    const { result } = await pool.describe({
      id,
      kind: entry.pool,
      attempt: 1,
      inputJson: "null",
      session: null,
      priority: 0,
      timeoutMs: this.#defaultTimeoutMs,
    }).done;
    if (result.status !== "completed")
      throw new BalancerError(
        result.error.code,
        result.error.message,
        result.error.hint === undefined ? {} : { hint: result.error.hint },
      );
    const said = JSON.parse(result.valueJson) as KindDescription;
    const known: Entry = {
      ...entry,
      description: entry.description || (said.description ?? ""),
      schema: said.inputSchema as KindInfo["inputSchema"],
    };
    if (this.#entries.has(kind)) this.#entries.set(kind, known);
    return toInfo(known);
  }

  #entry(kind: string): Entry {
    const entry = this.#entries.get(kind) ?? this.#listOf(kind);
    if (entry === undefined)
      throw new BalancerError(
        "UNKNOWN_KIND",
        `there is no kind ${quoted(kind)}${didYouMean(kind, this.#entries.keys())}; there are ${[...this.#entries.keys()].join(", ")}`,
        {
          hint: "Use one of these, or add [kinds.NAME] to flow-balancer.toml.",
        },
      );
    return entry;
  }

  #listOf(name: string): Entry | undefined {
    if (!isListKind(name)) return undefined;
    const kind = name.slice(0, -LIST.length);
    const of = this.#entries.get(kind);
    if (of === undefined || this.listKind(kind) === null) return undefined;
    const known = this.#lists.get(kind);
    if (known !== undefined) return known;
    const source = { type: "each", kind, of: of.pool.source } as const;
    const made: Entry = { ...of, pool: { ...of.pool, name, source } };
    this.#lists.set(kind, made);
    return made;
  }

  #addBuiltIn(
    name: string,
    source: PoolKind["source"],
    description: KindDescription,
  ): void {
    const pool: PoolKind = {
      name,
      source,
      effects: "idempotent",
      concurrency: null,
      inFlight: 1,
      memoryMb: null,
      env: {},
    };
    this.#entries.set(name, {
      pool,
      runsOnce: !mayRunTwice(pool),
      capabilities: [],
      timeoutMs: this.#defaultTimeoutMs,
      hasOwnTimeout: false,
      description: description.description ?? "",
      schema: description.inputSchema as Record<string, JsonValue> | null,
    });
  }
}

const toInfo = (entry: Entry): KindInfo => ({
  kind: entry.pool.name,
  description: entry.description,
  inputSchema: entry.schema,
  effects: entry.pool.effects,
  timeoutMs: entry.timeoutMs,
  capabilities: entry.capabilities,
});
