/**
 * What a task module exports: `export default defineTask({ kind, input, run })`. Importable in
 * task modules as "flow-balancer/task", also where the package is not installed.
 */

/** A zod 4 schema, or any other that speaks Standard Schema and Standard JSON Schema. */
export interface InputSchema<Output = unknown> {
  readonly "~standard": {
    readonly types?: { readonly output: Output } | undefined;
    readonly validate: (value: unknown) => unknown;
    readonly jsonSchema?: {
      readonly input: (options: {
        target: "draft-2020-12";
      }) => Record<string, unknown>;
    };
  };
}

export type OutputOf<Schema extends InputSchema> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

/** What a running task can ask of its surroundings. */
export interface TaskContext {
  readonly taskId: string;
  readonly attempt: number;
  /** The trace its caller belongs to, as a W3C `traceparent`; null: none. */
  readonly traceparent: string | null;
  /** Aborted when the task is cancelled or its time is up. Return soon after: the process is killed next. */
  readonly signal: AbortSignal;
  /**
   * The session's memory. What a task leaves in `state` is saved with its result, also if it failed,
   * and is there for the session's next task, on whichever worker or terminal that runs. Entries that
   * are not plain JSON under a string key (functions, connections, Dates, Maps) are not saved: they
   * stay in this process for as long as it serves the session, and the task's output says so once.
   * Look for such an entry before you use it, and make it anew if it is not there. If another worker
   * saved the session since this one read it, what was changed here is refused, and the output says so.
   */
  readonly session: {
    readonly id: string;
    readonly state: Map<string, unknown>;
  } | null;
  /** One line for the task's output. */
  log(message: string): void;
  progress(done: number, total?: number, message?: string): void;
  heartbeat(): void;
}

export interface TaskDefinition<Schema extends InputSchema> {
  readonly kind: string;
  readonly description?: string;
  readonly input: Schema;
  /** What it returns must be JSON; a value that is not fails the task and says where. */
  run(input: OutputOf<Schema>, ctx: TaskContext): unknown;
}

export const defineTask = <Schema extends InputSchema>(
  definition: TaskDefinition<Schema>,
): TaskDefinition<Schema> => definition;
