/** The table of suites. */

import { mcp } from "./mcp.bench.ts";
import { startup } from "./startup.bench.ts";
import type { Suite } from "./suite.ts";
import { tokens } from "./tokens.bench.ts";

export const SUITES: readonly Suite[] = [startup, mcp, tokens];
