/** What can be read of the pool, each with a tool or a command that says the same: models cannot subscribe. */

import { decisionView } from "../core/explain-decision.ts";
import type { KindInfo } from "../core/task.ts";
import { isTerminal } from "../core/task.ts";
import type { TaskId } from "../core/ids.ts";
import { timeoutsView } from "../core/timeout-stats.ts";
import type { ResourceDefinition, TemplateDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { poolStatusView, workerView } from "./pool-view.ts";
import { taskAnswer } from "./task-answer.ts";

const JSON_TYPE = "application/json";
/** Completions show the first of many. */
const COMPLETIONS = 100;

const json = (uri: string, value: unknown) => [
  { uri, mimeType: JSON_TYPE, text: JSON.stringify(value, null, 2) },
];

export function poolResources(deps: Deps): ResourceDefinition[] {
  return [
    {
      uri: "pool://status",
      name: "pool-status",
      title: "State of the pool",
      description: "Workers by tier, tasks by state, kinds; as pool_status",
      mimeType: JSON_TYPE,
      ttlMs: 0,
      async read() {
        const engine = await deps.engine();
        const kinds = engine.kinds().map((info) => info.kind);
        return json(
          "pool://status",
          poolStatusView(await engine.status(), kinds),
        );
      },
    },
    {
      uri: "config://effective",
      name: "effective-config",
      title: "Settings in force",
      description: "Every setting, where it came from; secrets masked",
      mimeType: JSON_TYPE,
      ttlMs: 0,
      async read() {
        const engine = await deps.engine();
        return json("config://effective", engine.effectiveConfig());
      },
    },
  ];
}

export function poolTemplates(deps: Deps): TemplateDefinition[] {
  return [
    {
      uriTemplate: "pool://workers/{id}",
      name: "worker",
      title: "One worker",
      description: "What a worker process is doing",
      mimeType: JSON_TYPE,
      ttlMs: 0,
      complete: {
        id: async (prefix) => startingWith(prefix, await workerIds(deps)),
      },
      async read(uri, { id }) {
        const { pool } = await (await deps.engine()).status();
        const worker = pool.workers.find((one) => one.id === id);
        return worker === undefined ? null : json(uri, workerView(worker));
      },
    },
    ...taskTemplates(deps),
    ...statsTemplates(deps),
    {
      uriTemplate: "kind://{kind}",
      name: "kind",
      title: "One kind of task",
      description: "JSON Schema of its input, its effects and its timeout",
      mimeType: JSON_TYPE,
      complete: { kind: (prefix) => completeKind(deps, prefix) },
      async read(uri, { kind }) {
        const engine = await deps.engine();
        if (!engine.kinds().some((info) => info.kind === kind)) return null;
        return json(uri, kindView(await engine.describeKind(kind ?? "")));
      },
    },
  ];
}

/** What was learned, and on what it rests. */
function statsTemplates(deps: Deps): TemplateDefinition[] {
  return [
    {
      uriTemplate: "stats://timeouts/{kind}",
      name: "timeout-stats",
      title: "Run times and timeout of a kind",
      description:
        "n, p50, p95, p99 of the newest completed runs, the timeout in force, and what was learned of it; as the command timeout-stats",
      mimeType: JSON_TYPE,
      ttlMs: 1_000,
      complete: { kind: (prefix) => completeKind(deps, prefix) },
      async read(uri, { kind }) {
        const engine = await deps.engine();
        if (!engine.kinds().some((info) => info.kind === kind)) return null;
        const stats = await engine.timeoutStats(kind ?? "");
        return json(uri, {
          kind: stats.kind,
          n: stats.runMs.n,
          p50_ms: stats.runMs.n === 0 ? null : stats.runMs.p50,
          p95_ms: stats.runMs.n === 0 ? null : stats.runMs.p95,
          p99_ms: stats.runMs.n === 0 ? null : stats.runMs.p99,
          timeout_ms: stats.timeoutMs,
          timeout_is_configured: stats.isConfigured,
          learned: stats.learned === null ? null : timeoutsView(stats.learned),
          explained: stats.said,
        });
      },
    },
    {
      uriTemplate: "stats://ensembles/{type}",
      name: "ensemble-stats",
      title: "What ensembles showed",
      description:
        "Whose answers are trusted and whether several are worth it, for a kind, or for what runs alike within it ('shell: git log')",
      mimeType: JSON_TYPE,
      ttlMs: 1_000,
      async read(uri, { type = "" }) {
        const { ensembles } = await deps.engine();
        return json(uri, { type, explained: ensembles.explain(type) });
      },
    },
    {
      uriTemplate: "stats://patience/{client}",
      name: "patience-stats",
      title: "How long a client waits",
      description:
        "When a client that is so named is given a handle instead of an answer, and what that was learned from",
      mimeType: JSON_TYPE,
      ttlMs: 1_000,
      async read(uri, { client = "" }) {
        const { patience } = await deps.engine();
        return json(uri, {
          client,
          known_ms: patience.knownMs(client),
          explained: patience.explain(client),
        });
      },
    },
  ];
}

function taskTemplates(deps: Deps): TemplateDefinition[] {
  const complete = { id: (prefix: string) => completeTask(deps, prefix) };
  return [
    {
      uriTemplate: "task://{id}",
      name: "task",
      title: "One task",
      description: "Its state, result, times, and why it ran where it did",
      mimeType: JSON_TYPE,
      ttlMs: 0,
      complete,
      async read(uri, { id }) {
        const task = await (await deps.engine()).get(id as TaskId);
        if (task === null) return null;
        const state = isTerminal(task.state) ? {} : { state: task.state };
        const decision = task.execution?.decision ?? null;
        return json(uri, {
          kind: task.kind,
          ...taskAnswer(task),
          ...state,
          ...(decision === null ? {} : { decision: decisionView(decision) }),
        });
      },
    },
    {
      uriTemplate: "task://{id}/output",
      name: "task-output",
      title: "What a task printed",
      description: "All that was kept of it, as text",
      mimeType: "text/plain",
      ttlMs: 0,
      complete,
      async read(uri, { id }) {
        const engine = await deps.engine();
        if ((await engine.get(id as TaskId)) === null) return null;
        const output = await engine.output(id as TaskId);
        return [{ uri, mimeType: "text/plain", text: output?.text ?? "" }];
      },
    },
  ];
}

const kindView = (info: KindInfo) => ({
  kind: info.kind,
  description: info.description,
  effects: info.effects,
  timeout_ms: info.timeoutMs,
  capabilities: info.capabilities,
  input_schema: info.inputSchema,
});

const startingWith = (prefix: string, names: readonly string[]): string[] =>
  names.filter((name) => name.startsWith(prefix)).slice(0, COMPLETIONS);

const workerIds = async (deps: Deps): Promise<string[]> => {
  const { pool } = await (await deps.engine()).status();
  return pool.workers.map((worker) => worker.id);
};

async function completeKind(deps: Deps, prefix: string): Promise<string[]> {
  const kinds = (await deps.engine()).kinds().map((info) => info.kind);
  return startingWith(prefix, kinds);
}

async function completeTask(deps: Deps, prefix: string): Promise<string[]> {
  const page = await (await deps.engine()).list({ limit: COMPLETIONS });
  return startingWith(
    prefix,
    page.tasks.map((task) => task.id),
  );
}
