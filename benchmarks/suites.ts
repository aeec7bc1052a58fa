/** The table of suites. */

import { codec } from "./codec.bench.ts";
import { faults } from "./faults.bench.ts";
import { floods } from "./floods.bench.ts";
import { io } from "./io.bench.ts";
import { load } from "./load.bench.ts";
import { mcp } from "./mcp.bench.ts";
import { payload } from "./payload.bench.ts";
import { pool } from "./pool.bench.ts";
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
  tiers,
  codec,
  io,
  faults,
  floods,
  soak,
];
