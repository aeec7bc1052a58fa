/** /api/v1: every view as JSON, and what a person may do. Input is checked and all of it documented by the schemas of the views. */

import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Visitor } from "../http/access.ts";
import type { HttpEnv, HttpPorts } from "../http/http-ports.ts";
import type { Watch } from "../watch.ts";
import { jsonAnswer, jsonBody } from "./openapi.ts";
import {
  healthView,
  instancesView,
  overviewView,
  seriesView,
  workersView,
} from "./overview-views.ts";
import {
  auditEntryView,
  auditView,
  boardView,
  learningView,
  sessionsView,
  tierChangeView,
  timeoutsView,
} from "./shared-views.ts";
import { taskFilter, taskQuery } from "./task-query.ts";
import { bulkView, taskIdsView, taskListView, taskView } from "./task-views.ts";

export type ApiApp = OpenAPIHono<HttpEnv>;
type ApiPorts = Pick<HttpPorts, "env" | "watch" | "steering">;

export const API = "/api/v1";

const SERIES_MINUTES = 15;

export function addApiRoutes(app: ApiApp, ports: ApiPorts): void {
  addViews(app, ports);
  addTaskViews(app, ports);
  addBulkChanges(app, ports);
  addChanges(app, ports);
}

interface View {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  read(watch: Watch): Promise<object>;
}

const VIEWS: readonly View[] = [
  {
    path: "overview",
    name: "Overview",
    summary: "The whole at one moment",
    schema: overviewView,
    read: (watch) => watch.overview(),
  },
  {
    path: "health",
    name: "Health",
    summary: "All probes with their figures; 200 whatever they say",
    schema: healthView,
    read: (watch) => watch.health(),
  },
  {
    path: "workers",
    name: "Workers",
    summary: "The workers of this server's pool",
    schema: workersView,
    read: (watch) => watch.workers(),
  },
  {
    path: "board",
    name: "Board",
    summary: "Work that agents do themselves, and who holds what",
    schema: boardView,
    read: (watch) => watch.board(),
  },
  {
    path: "sessions",
    name: "Sessions",
    summary: "Sessions and their load",
    schema: sessionsView,
    read: (watch) => watch.sessions(),
  },
  {
    path: "instances",
    name: "Instances",
    summary: "The servers that share the home",
    schema: instancesView,
    read: (watch) => watch.instances(),
  },
  {
    path: "timeouts",
    name: "Timeouts",
    summary: "Percentiles of each kind's runs beside the limit in force",
    schema: timeoutsView,
    read: (watch) => watch.timeouts(),
  },
  {
    path: "learning",
    name: "Learning",
    summary: "What was learned, what changed by it, and how good it was",
    schema: learningView,
    read: (watch) => watch.learning(),
  },
  {
    path: "audit",
    name: "Audit",
    summary: "What people did",
    schema: auditView,
    read: (watch) => watch.audit(),
  },
];

function addViews(app: ApiApp, { watch }: ApiPorts): void {
  for (const { path, name, summary, schema, read } of VIEWS) {
    const route = createRoute({
      method: "get",
      path: `${API}/${path}`,
      operationId: `view_${path}`,
      summary,
      responses: jsonAnswer(name, schema),
    });
    app.openapi(route, async (context) =>
      context.json(await read(await watch()), 200),
    );
  }
  const series = createRoute({
    method: "get",
    path: `${API}/series`,
    operationId: "view_series",
    summary: "The points of the charts",
    request: {
      query: z.strictObject({
        minutes: z.coerce.number().int().min(1).max(60).default(SERIES_MINUTES),
      }),
    },
    responses: jsonAnswer("Series", seriesView),
  });
  app.openapi(series, async (context) => {
    const { minutes } = context.req.valid("query");
    return context.json(await (await watch()).series(minutes), 200);
  });
}

function addTaskViews(app: ApiApp, { env, watch }: ApiPorts): void {
  const list = createRoute({
    method: "get",
    path: `${API}/tasks`,
    operationId: "list_stored_tasks",
    summary: "Tasks, the newest first",
    request: { query: taskQuery },
    responses: jsonAnswer("TaskList", taskListView),
  });
  app.openapi(list, async (context) => {
    const filter = taskFilter(context.req.valid("query"), env.now());
    return context.json(await (await watch()).tasks(filter), 200);
  });
  const one = createRoute({
    method: "get",
    path: `${API}/tasks/{id}`,
    operationId: "get_task",
    summary: "A task with all that is known of it",
    request: { params: z.object({ id: z.string().max(64) }) },
    responses: jsonAnswer("Task", taskView),
  });
  app.openapi(one, async (context) => {
    const task = await (await watch()).task(context.req.valid("param").id);
    if (task === null)
      throw new BalancerError("NOT_FOUND", "there is no such task", {
        hint: `${API}/tasks lists those there are; old ones are removed.`,
      });
    return context.json(task, 200);
  });
}

function addBulkChanges(app: ApiApp, { steering }: ApiPorts): void {
  const ids = jsonBody("TaskIds", taskIdsView);
  for (const [act, summary] of [
    ["cancel", "Cancels tasks"],
    ["retry", "Runs tasks again that ended other than completed"],
  ] as const) {
    const route = createRoute({
      method: "post",
      path: `${API}/tasks/${act}`,
      operationId: `${act}_tasks`,
      summary,
      request: { body: ids },
      responses: jsonAnswer("Bulk", bulkView),
    });
    app.openapi(route, async (context) => {
      const { task_ids } = context.req.valid("json");
      const by = nameOf(context.env.visitor);
      return context.json(await (await steering())[act](task_ids, by), 200);
    });
  }
}

function addChanges(app: ApiApp, { steering }: ApiPorts): void {
  const responses = jsonAnswer("AuditEntry", auditEntryView);
  const tiers = createRoute({
    method: "post",
    path: `${API}/tiers`,
    operationId: "change_tier",
    summary: "Pauses, drains or limits a tier of this server's pool",
    request: { body: jsonBody("TierChange", tierChangeView) },
    responses,
  });
  app.openapi(tiers, async (context) => {
    const change = context.req.valid("json");
    const by = nameOf(context.env.visitor);
    return context.json(await (await steering()).changeTier(change, by), 200);
  });
  const kill = createRoute({
    method: "post",
    path: `${API}/workers/{id}/kill`,
    operationId: "kill_worker",
    summary: "Ends a worker; another takes its place",
    request: { params: z.object({ id: z.string().max(200) }) },
    responses,
  });
  app.openapi(kill, async (context) => {
    const { id } = context.req.valid("param");
    const by = nameOf(context.env.visitor);
    return context.json(await (await steering()).killWorker(id, by), 200);
  });
  const undo = createRoute({
    method: "post",
    path: `${API}/audit/{seq}/undo`,
    operationId: "undo",
    summary: "Takes back what a person did, where that can be",
    request: {
      params: z.object({
        seq: z.string().regex(/^\d{1,15}$/, "must be a number"),
      }),
    },
    responses,
  });
  app.openapi(undo, async (context) => {
    const seq = Number(context.req.valid("param").seq);
    const by = nameOf(context.env.visitor);
    return context.json(await (await steering()).undo(seq, by), 200);
  });
}

const nameOf = (visitor: Visitor | null): string => visitor ?? "api";
