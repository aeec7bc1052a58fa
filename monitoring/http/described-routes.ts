/** What the OpenAPI document says of the routes outside the API; the dashboard's own pages are no interface. */

import { jsonAnswer, REFUSAL } from "../api/openapi.ts";
import { healthView } from "../api/overview-views.ts";
import { API, type ApiApp } from "../api/routes.ts";

type Registry = ApiApp["openAPIRegistry"];

export function describeOthers({ openAPIRegistry: registry }: ApiApp): void {
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description:
      "The token in the file http-token of the server's home. Browsers have a cookie instead.",
  });
  describeProbes(registry);
  registry.registerPath({
    method: "get",
    path: "/events",
    operationId: "follow_events",
    summary:
      "Live events: overview, workers, tasks, audit; `reset` says that some were missed. Last-Event-ID goes on where one was.",
    responses: textAnswer("text/event-stream", "Server-sent events"),
  });
  for (const method of ["get", "post", "delete"] as const)
    registry.registerPath({
      method,
      path: "/mcp",
      operationId: `${method}_mcp`,
      summary: "The Model Context Protocol",
      responses: {
        200: { description: "As the protocol has it" },
        default: { description: "As the protocol has it" },
      },
    });
  registry.registerPath({
    method: "get",
    path: `${API}/openapi.json`,
    operationId: "get_openapi",
    summary: "This document",
    responses: { 200: { description: "OpenAPI 3.1" }, default: REFUSAL },
  });
}

function describeProbes(registry: Registry): void {
  registry.registerPath({
    method: "get",
    path: "/livez",
    operationId: "get_livez",
    summary: "Whether the process answers; starts nothing",
    security: [],
    responses: textAnswer("text/plain", "It does"),
  });
  const health = jsonAnswer("Health", healthView);
  for (const [path, summary] of [
    ["readyz", "Whether it can work: probes that are not well"],
    ["health", "All probes with their figures"],
  ] as const)
    registry.registerPath({
      method: "get",
      path: `/${path}`,
      operationId: `get_${path}`,
      summary,
      responses: {
        ...health,
        503: { ...health[200], description: "A probe fails" },
      },
    });
  registry.registerPath({
    method: "get",
    path: "/metrics",
    operationId: "get_metrics",
    summary: "The figures, for Prometheus",
    responses: textAnswer("text/plain", "In Prometheus' text format"),
  });
}

const textAnswer = (type: string, description: string) => ({
  200: {
    description,
    content: { [type]: { schema: { type: "string" as const } } },
  },
  default: REFUSAL,
});
