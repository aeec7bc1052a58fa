/** The table of suites. */

import { codec } from "./codec.bench.ts";
import { dashboard } from "./dashboard.bench.ts";
import { deadlines } from "./deadlines.bench.ts";
import { faults } from "./faults.bench.ts";
import { floods } from "./floods.bench.ts";
import { granularity } from "./granularity.bench.ts";
import { hangs } from "./hangs.bench.ts";
import { hedging } from "./hedging.bench.ts";
import { io } from "./io.bench.ts";
import { load } from "./load.bench.ts";
import { mcp } from "./mcp.bench.ts";
import { observe } from "./observe.bench.ts";
import { payload } from "./payload.bench.ts";
import { pool } from "./pool.bench.ts";
import { router } from "./router.bench.ts";
import { similarity } from "./similarity.bench.ts";
import { soak } from "./soak.bench.ts";
import { startup } from "./startup.bench.ts";
import { store } from "./store.bench.ts";
import type { Suite } from "./suite.ts";
import { tiers } from "./tiers.bench.ts";
import { tokens } from "./tokens.bench.ts";

export const SUITES: readonly Suite[] = [
  startup,
  mcp,
  tokens,
  pool,
  payload,
  store,
  load,
  observe,
  dashboard,
  tiers,
  granularity,
  codec,
  deadlines,
  hangs,
  hedging,
  router,
  similarity,
  io,
  faults,
  floods,
  soak,
];
