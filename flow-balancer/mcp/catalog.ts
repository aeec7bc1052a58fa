/**
 * What an MCP server offers, as plain data: tools, resources, templates, prompts and, behind
 * one port, long-running tasks. The product and the conformance fixtures are both catalogs;
 * everything of the protocol (eras, wires, envelopes, pagination) is server.ts's.
 */

import type {
  CallToolResult,
  Icon,
  InputRequiredResult,
  LoggingLevel,
  PromptMessage,
  ReadResourceResult,
  ServerContext,
  ToolAnnotations,
} from "@modelcontextprotocol/server";
import type { z } from "zod";
import type { MonoMs } from "../core/time.ts";

/** 2025-11-25 and before is legacy; 2026-07-28 is modern. */
export type Era = "legacy" | "modern";

/** Who called and how to talk back while the call runs. */
export interface CallContext {
  readonly era: Era;
  /** When the call came. */
  readonly receivedAt: MonoMs;
  /** Fires when the client cancelled the call or went away. */
  readonly signal: AbortSignal;
  readonly client: { readonly name: string; readonly version: string } | null;
  /** Stable while one client stays connected (stdio connection, HTTP session); null for a stateless call. */
  readonly connection: string | null;
  /** The client declared the tasks extension on this very request (modern era only). */
  readonly acceptsTask: boolean;
  /** Present when the client sent a progress token. Values must grow; calls are rate-limited by the layer. */
  readonly progress:
    ((done: number, total?: number, message?: string) => void) | null;
  /** The trace the caller's request belongs to (core/trace-context.ts); null: none, or it was malformed. */
  readonly traceparent: string | null;
  /** Reaches legacy clients at or above the level they set, modern ones that asked on the request, nobody else. */
  log(level: LoggingLevel, data: unknown): void;
  /** The SDK's own context, for what has no place above (elicitation, sampling, request state). */
  readonly sdk: ServerContext;
}

/** The call goes on in the background under this id (answered as a CreateTaskResult on either wire). */
export interface StartedTask {
  readonly taskId: string;
}

export interface ToolDefinition<Input extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** Under 2 KB: clients cut the rest. */
  readonly description: string;
  readonly input: Input;
  /** Instead of the schema derived from `input`, where that cannot say it. */
  readonly inputJsonSchema?: Readonly<Record<string, unknown>>;
  readonly output?: z.ZodType;
  readonly annotations?: ToolAnnotations;
  readonly icons?: readonly Icon[];
  /**
   * Whether a call may or must become a task. 'required' refuses a client that cannot follow one.
   * Absent: never.
   */
  readonly task?: {
    readonly support: "optional" | "required";
    /**
     * Starts the work and returns at once; the task must be durable by then. May ask the client
     * for input first: it is called again with the answers, and only the last round starts a task.
     */
    start(
      input: z.output<Input>,
      call: CallContext,
    ): Promise<StartedTask | InputRequiredResult>;
  };
  /**
   * Answers the call. May return StartedTask late (only if `call.acceptsTask`) to hand over work
   * that outlives the client's patience. A thrown BalancerError becomes an `isError` result with
   * `{code, message, hint, retryable}`; anything else thrown becomes INTERNAL.
   */
  run(
    input: z.output<Input>,
    call: CallContext,
  ): Promise<CallToolResult | InputRequiredResult | StartedTask>;
}

export interface ResourceDefinition {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  /** How long a client may keep what it read, ms. */
  readonly ttlMs?: number;
  read(call: CallContext): Promise<ReadResourceResult["contents"]>;
}

export interface TemplateDefinition {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  readonly ttlMs?: number;
  /** Values a variable can take that start with `prefix`. */
  readonly complete?: Readonly<
    Record<string, (prefix: string) => Promise<readonly string[]>>
  >;
  /** Null when there is no such thing: answered as resource-not-found. */
  read(
    uri: string,
    variables: Readonly<Record<string, string>>,
    call: CallContext,
  ): Promise<ReadResourceResult["contents"] | null>;
}

export interface PromptDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly complete?: (prefix: string) => Promise<readonly string[]>;
  }[];
  get(
    args: Readonly<Record<string, string>>,
    call: CallContext,
  ): Promise<
    | {
        readonly description?: string;
        readonly messages: PromptMessage[];
      }
    | InputRequiredResult
  >;
}

/** A task as both wires need it; ISO times are made from the epoch ms given here. */
export interface TaskView {
  readonly taskId: string;
  readonly status:
    "working" | "input_required" | "completed" | "failed" | "cancelled";
  readonly statusMessage?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How long it is kept after creation, ms; null: no limit. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs: number;
  /** With `completed`: the tool's result, an `isError` one included. */
  readonly result?: CallToolResult;
  /** With `failed`: the JSON-RPC error. */
  readonly error?: { readonly code: number; readonly message: string };
  /** With `input_required`. */
  readonly inputRequests?: Readonly<Record<string, unknown>>;
}

/** Long-running calls behind `tasks/*` on both wires. */
export interface TaskSource {
  get(taskId: string): Promise<TaskView | null>;
  /** Cooperative and idempotent; false if there is no such task. */
  cancel(taskId: string): Promise<boolean>;
  /** Answers to `inputRequests`; unknown keys are ignored; false if there is no such task. */
  update(
    taskId: string,
    responses: Readonly<Record<string, unknown>>,
  ): Promise<boolean>;
  /** Resolves once the task has ended or `signal` fires. */
  settled(taskId: string, signal: AbortSignal): Promise<void>;
  /** Newest first (legacy wire only). */
  list(cursor: string | null): Promise<{
    readonly tasks: readonly TaskView[];
    readonly next: string | null;
  }>;
}

export interface Catalog {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** Under 2 KB: clients cut the rest. */
  readonly instructions: string;
  /** Listed in this order, always the same: clients cache prompts by it. */
  readonly tools: readonly ToolDefinition[];
  readonly resources: readonly ResourceDefinition[];
  readonly templates: readonly TemplateDefinition[];
  readonly prompts: readonly PromptDefinition[];
  readonly tasks?: TaskSource;
  /** Calls `listener` with the URI of a resource that changed; returns how to stop. */
  onResourceUpdated?(listener: (uri: string) => void): () => void;
}

/** Keeps the argument's type in one place while a list holds many shapes of tool. */
export const defineTool = <Input extends z.ZodObject>(
  tool: ToolDefinition<Input>,
): ToolDefinition => tool as unknown as ToolDefinition;
