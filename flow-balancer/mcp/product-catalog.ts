/** What flow-balancer offers over MCP, put together from its toolsets. */

import type { TaskId } from "../core/ids.ts";
import type { CallContext, Catalog, ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { engineTasks } from "./engine-tasks.ts";
import { boardTools } from "./board-tools.ts";
import { poolTools } from "./pool-tools.ts";
import { poolPrompts } from "./prompts.ts";
import { poolResources, poolTemplates } from "./resources.ts";

const HEAD =
  "Runs work in parallel on a pool of worker processes that are kept warm, and remembers every task.";

const POOL = `- One task: run_task. Several at once: run_batch, one call; the results come in input order.
- Long work: submit_task, then await_task. An answer {status: "working", task_id} means the same: it goes on.
- Kinds: shell (an argument array; no shell reads it), script (an ES module in TypeScript), and those pool_status lists.
- A command that exits with something else than 0 is a failed task; its output is in value all the same.
- Tasks of one session prefer the same worker and share its memory; open_session makes one.`;

const BOARD = `- Work that agents do themselves: add_tasks puts it on a board all terminals share; claim_task, update_task while you work, complete_task with evidence; flow_status shows who does what.`;

/** A task that takes a millisecond changes three times in it, and nobody reads that fast. */
const UPDATE_PAUSE_MS = 20;

/** `toolsets` are those of the configuration; what few ask for is loaded only for them. */
export const productCatalog = async (
  deps: Deps,
  version: string,
  toolsets: readonly string[],
): Promise<Catalog> => ({
  name: "flow-balancer",
  title: "flow-balancer",
  version,
  instructions: [
    HEAD,
    ...(toolsets.includes("pool") ? [POOL] : []),
    ...(toolsets.includes("board") ? [BOARD] : []),
  ].join("\n"),
  tools: [
    ...(toolsets.includes("pool") ? poolTools(deps) : []),
    ...(toolsets.includes("board") ? boardTools(deps) : []),
    ...(toolsets.includes("learning")
      ? (await import("./learning-tools.ts")).learningTools(deps)
      : []),
  ].map((tool) => tracedTool(tool, deps)),
  resources: poolResources(deps),
  templates: poolTemplates(deps),
  prompts: poolPrompts(deps),
  tasks: engineTasks(deps),
  onResourceUpdated: (listener) => taskUpdates(deps, listener),
});

/** A call that says which trace it belongs to runs as part of it. */
function tracedTool(tool: ToolDefinition, { inTrace }: Deps): ToolDefinition {
  if (inTrace === undefined) return tool;
  const traced = <T>({ traceparent }: CallContext, work: () => T): T =>
    traceparent === null ? work() : inTrace({ traceparent }, work);
  const { task } = tool;
  return {
    ...tool,
    run: (input, call) => traced(call, () => tool.run(input, call)),
    ...(task !== undefined && {
      task: {
        ...task,
        start: (input, call) => traced(call, () => task.start(input, call)),
      },
    }),
  };
}

/** Tells of a changed task at most once in UPDATE_PAUSE_MS, and always after its last change; the returned function ends that. */
function taskUpdates(
  { env, started }: Deps,
  listener: (uri: string) => void,
): () => void {
  const changed = new Set<TaskId>();
  let stopTimer: (() => void) | undefined;
  let stop: (() => void) | undefined;
  let stopped = false;
  const tell = (): void => {
    stopTimer = undefined;
    for (const id of changed) listener(`task://${id}`);
    changed.clear();
    listener("pool://status");
  };
  void started.then((engine) => {
    if (stopped) return;
    stop = engine.onTaskChanged((id) => {
      changed.add(id);
      stopTimer ??= env.timer(UPDATE_PAUSE_MS, tell);
    });
  });
  return () => {
    stopped = true;
    stop?.();
    stopTimer?.();
  };
}
