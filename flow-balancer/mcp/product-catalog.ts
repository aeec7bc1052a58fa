/** What flow-balancer offers over MCP, put together from its toolsets. */

import type { Catalog } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { engineTasks } from "./engine-tasks.ts";
import { poolTools } from "./pool-tools.ts";
import { poolPrompts } from "./prompts.ts";
import { poolResources, poolTemplates } from "./resources.ts";

const INSTRUCTIONS = `Runs work in parallel on a pool of worker processes that are kept warm, and remembers every task.
- One task: run_task. Several at once: run_batch, one call; the results come in input order.
- Long work: submit_task, then await_task. An answer {status: "working", task_id} means the same: it goes on.
- Kinds: shell (an argument array; no shell reads it), script (an ES module in TypeScript), and those pool_status lists.
- A command that exits with something else than 0 is a failed task; its output is in value all the same.
- Tasks of one session prefer the same worker and share its memory; open_session makes one.`;

export const productCatalog = (deps: Deps, version: string): Catalog => ({
  name: "flow-balancer",
  title: "flow-balancer",
  version,
  instructions: INSTRUCTIONS,
  tools: poolTools(deps),
  resources: poolResources(deps),
  templates: poolTemplates(deps),
  prompts: poolPrompts(deps),
  tasks: engineTasks(deps),
  onResourceUpdated(listener) {
    let stop: (() => void) | undefined;
    let stopped = false;
    void deps.started.then((engine) => {
      if (stopped) return;
      stop = engine.onTaskChanged((id) => {
        listener(`task://${id}`);
        listener("pool://status");
      });
    });
    return () => {
      stopped = true;
      stop?.();
    };
  },
});
