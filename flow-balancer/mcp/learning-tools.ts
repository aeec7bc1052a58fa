/** The toolset `learning`: what rests on what earlier runs showed. Not offered unless it is asked for. */

import type { ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { ensembleTool } from "./ensemble-tool.ts";
import { splitTool } from "./split-tool.ts";

export function learningTools(deps: Deps): ToolDefinition[] {
  return [splitTool(deps), ensembleTool(deps)];
}
