/** Names of things, branded so that a task's id cannot be passed where a session's is wanted. */

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

export type TaskId = Id<"task">;
export type SessionId = Id<"session">;
export type WorkerId = Id<"worker">;
/** One server process on a home. */
export type InstanceId = Id<"instance">;
/** Whoever can hold a task: an instance, an agent's session, a script. */
export type HolderId = InstanceId | SessionId | Id<"holder">;

/** Handles are unguessable but are not credentials: whoever may call a tool may name any task. */
export const taskId = (unique: string): TaskId => `task_${unique}` as TaskId;
export const sessionId = (unique: string): SessionId =>
  `session_${unique}` as SessionId;
export const instanceId = (unique: string): InstanceId =>
  `instance_${unique}` as InstanceId;
export const holderId = (name: string): HolderId => name as HolderId;
export const workerId = (serial: number): WorkerId => `w${serial}` as WorkerId;

/** The bridge to scripts: what it holds and has not begun is offered to them, and to whoever asks. */
export const SHELL_BRIDGE: HolderId = holderId("shell-bridge");
