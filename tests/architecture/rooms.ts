/** The table: which rooms there are and who may import whom. A new arrow is a change to this file. */

export interface Room {
  readonly name: string;
  /** Folders (with a slash at the end) and single files. */
  readonly places: readonly string[];
  /** Beside the room itself. "*": every room that is not closed. */
  readonly imports: readonly string[] | "*";
  /** Of these rooms, types only. */
  readonly importsTypes?: readonly string[];
  /** No clock, chance, environment or I/O, and no package. */
  readonly pure?: true;
  /** May load a module whose name is known only at run time. */
  readonly loadsModules?: true;
  /** Imported by none but these. */
  readonly importedBy?: readonly string[];
  /** One of the three that never import one another. */
  readonly part?: "mechanism" | "policy" | "observation";
}

const mechanism = (
  name: string,
  imports: readonly string[] = ["core"],
  more: Partial<Room> = {},
): Room => ({
  name,
  places: [`flow-balancer/${name}/`],
  imports,
  part: "mechanism",
  ...more,
});

const policy = (name: string, imports: readonly string[] = ["core"]): Room => ({
  name,
  places: [`orchestrator/${name}/`],
  imports,
  pure: true,
  part: "policy",
});

const ROOMS: readonly Room[] = [
  { name: "core", places: ["flow-balancer/core/"], imports: [], pure: true },
  mechanism("worker", ["core"], { loadsModules: true }),
  mechanism("pool", ["core", "worker"]),
  mechanism("codec"),
  mechanism("store", ["core", "codec"]),
  mechanism("queue", ["core", "store", "codec"]),
  mechanism("board", ["core", "store", "queue"]),
  mechanism("mcp"),
  mechanism("env", ["core"], { places: ["flow-balancer/env.ts"] }),
  mechanism("config", ["core"], {
    places: ["flow-balancer/config.ts", "flow-balancer/config/"],
  }),
  mechanism("dispatcher", ["core"], {
    places: [
      "flow-balancer/admit-task.ts",
      "flow-balancer/change-notes.ts",
      "flow-balancer/conclude-task.ts",
      "flow-balancer/consumer.ts",
      "flow-balancer/dispatcher-options.ts",
      "flow-balancer/dispatcher.ts",
      "flow-balancer/elsewhere.ts",
      "flow-balancer/expected-tasks.ts",
      "flow-balancer/held-tasks.ts",
      "flow-balancer/hedged-run.ts",
      "flow-balancer/hedging.ts",
      "flow-balancer/live-task.ts",
      "flow-balancer/pool-request.ts",
      "flow-balancer/printed-text.ts",
      "flow-balancer/retry-budgets.ts",
      "flow-balancer/run-observer.ts",
      "flow-balancer/settle-task.ts",
      "flow-balancer/start-notes.ts",
      "flow-balancer/state-keeping.ts",
      "flow-balancer/submit-together.ts",
      "flow-balancer/task-runner.ts",
      "flow-balancer/task-terms.ts",
      "flow-balancer/what-next.ts",
    ],
    importsTypes: ["pool", "store"],
  }),
  mechanism("commands", ["core", "config", "env"]),
  mechanism("demo", ["core", "config", "env"]),
  {
    name: "composition",
    places: [
      "flow-balancer/app.ts",
      "flow-balancer/call-trace.ts",
      "flow-balancer/cli.ts",
      "flow-balancer/client-patience.ts",
      "flow-balancer/client-session.ts",
      "flow-balancer/deadline-desk.ts",
      "flow-balancer/ensemble-keeping.ts",
      "flow-balancer/ensemble-snapshot.ts",
      "flow-balancer/evidence-task.ts",
      "flow-balancer/explain.ts",
      "flow-balancer/front.ts",
      "flow-balancer/granularity-keeping.ts",
      "flow-balancer/home-sharing.ts",
      "flow-balancer/home-upkeep.ts",
      "flow-balancer/http-announcement.ts",
      "flow-balancer/http-compression.ts",
      "flow-balancer/http-flag.ts",
      "flow-balancer/http-front.ts",
      "flow-balancer/http-tools.ts",
      "flow-balancer/instance-keeper.ts",
      "flow-balancer/instance-rescue.ts",
      "flow-balancer/keep-warm-ports.ts",
      "flow-balancer/lazy-engine.ts",
      "flow-balancer/learning-ports.ts",
      "flow-balancer/local-engine.ts",
      "flow-balancer/open-tracer.ts",
      "flow-balancer/orphaned-leases.ts",
      "flow-balancer/outcome-follower.ts",
      "flow-balancer/outcome-slices.ts",
      "flow-balancer/print-to-stderr.ts",
      "flow-balancer/read-deadlines.ts",
      "flow-balancer/read-router.ts",
      "flow-balancer/routing-desk.ts",
      "flow-balancer/served-kind-stats.ts",
      "flow-balancer/probe-worker.ts",
      "flow-balancer/replay/",
      "flow-balancer/running-engine.ts",
      "flow-balancer/serve.ts",
      "flow-balancer/session-keeping.ts",
      "flow-balancer/shared-learning.ts",
      "flow-balancer/server.ts",
      "flow-balancer/server-log.ts",
      "flow-balancer/store-commands/",
      "flow-balancer/traced-dispatcher.ts",
      "flow-balancer/watching/",
    ],
    imports: "*",
    importedBy: ["tests", "benchmarks"],
  },
  policy("learning"),
  policy("routing", ["core", "learning"]),
  policy("policy"),
  policy("runs"),
  policy("gateway"),
  {
    name: "monitoring",
    places: ["monitoring/"],
    imports: ["core"],
    part: "observation",
  },
  {
    name: "benchmarks",
    places: ["benchmarks/"],
    imports: "*",
    importedBy: ["tests"],
  },
  { name: "tests", places: ["tests/"], imports: "*", importedBy: [] },
];

export const roomOf = (path: string): Room | undefined =>
  ROOMS.find(({ places }) =>
    places.some((place) =>
      place.endsWith("/") ? path.startsWith(place) : path === place,
    ),
  );

/** Folders that hold source. */
export const SOURCE_FOLDERS = [
  "flow-balancer",
  "orchestrator",
  "monitoring",
  "benchmarks",
  "tests",
] as const;

/** Everything else that may lie at the top. */
export const TOP_LEVEL: ReadonlySet<string> = new Set([
  ...SOURCE_FOLDERS,
  ".ci",
  ".editorconfig",
  ".gitattributes",
  ".github",
  ".gitignore",
  ".oxlintrc.json",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "bun.lock",
  "bunfig.toml",
  "docs",
  "examples",
  "knip.json",
  "package.json",
  "tsconfig.json",
]);
