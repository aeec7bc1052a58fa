/** For whoever starts, stops and watches the server: is it alive, can it work, how is it, and its figures. */

import type { Hono } from "hono";
import { BalancerError, toWireError } from "../../flow-balancer/core/errors.ts";
import type { HealthView } from "../api/overview-views.ts";
import type { HttpEnv, HttpPorts } from "./http-ports.ts";

/** Kubernetes and load balancers wait less than that, or a little more. */
const HEALTH_TIMEOUT_MS = 5_000;

const TEXT = { "Content-Type": "text/plain; charset=utf-8" };

type ProbePorts = Pick<HttpPorts, "env" | "watch" | "metricsText">;

export function addProbeRoutes(app: Hono<HttpEnv>, ports: ProbePorts): void {
  // The process answers; nothing else is asked, and nothing started.
  app.get("/livez", (context) => context.text("ok", 200, TEXT));
  app.get("/readyz", async (context) => {
    const health = await healthOf(ports);
    const probes = health.probes.filter(({ status }) => status !== "ok");
    return context.json({ ...health, probes }, statusOf(health));
  });
  app.get("/health", async (context) => {
    const health = await healthOf(ports);
    return context.json(health, statusOf(health));
  });
  app.get("/metrics", async (context) => {
    const { contentType, text } = await ports.metricsText();
    return context.body(text, 200, { "Content-Type": contentType });
  });
}

/** Degraded is not failing: it works. */
const statusOf = ({ status, probes }: HealthView): 200 | 503 =>
  status === "failing" || probes.some((it) => it.status === "failing")
    ? 503
    : 200;

/** A server that cannot say how it is, is failing; why is in the probe `server`. */
async function healthOf({ env, watch }: ProbePorts): Promise<HealthView> {
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    stop = env.timer(HEALTH_TIMEOUT_MS, () =>
      reject(
        new BalancerError(
          "NOT_AVAILABLE",
          `no answer within ${HEALTH_TIMEOUT_MS} ms`,
        ),
      ),
    );
  });
  try {
    return await Promise.race([watch().then((it) => it.health()), late]);
  } catch (thrown) {
    const { code, message, hint } = toWireError(thrown);
    const detail = [`${code}: ${message}`, hint ?? ""].join(". ").trim();
    return {
      status: "failing",
      at: env.now(),
      probes: [{ name: "server", status: "failing", detail, figures: {} }],
    };
  } finally {
    stop?.();
  }
}
