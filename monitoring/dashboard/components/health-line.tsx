/** One line that says how the server is; where it is not well, why. */

import type { VNode } from "preact";
import type { HealthView } from "../../api/overview-views.ts";
import { getJson } from "../api.ts";
import { connection } from "../live.ts";
import { useResource } from "../use-resource.ts";
import { toneOf } from "./badge.tsx";

const EVERY_MS = 5_000;

const HEADLINES = {
  ok: "All is well",
  degraded: "Degraded",
  failing: "Failing",
} as const;

export function HealthLine({
  status,
}: {
  readonly status: HealthView["status"];
}): VNode {
  const { data } = useResource<HealthView>(() => getJson("health"), {
    everyMs: EVERY_MS,
    key: status,
  });
  const reasons = data?.probes.filter((probe) => probe.status !== "ok") ?? [];
  const isLost = connection.value === "offline";
  return (
    <div
      class="health-line"
      data-tone={isLost ? "grey" : toneOf(status)}
      data-testid="health-line"
      data-status={isLost ? "unknown" : status}
      role="status"
    >
      <strong>
        {isLost
          ? `Not known now; last heard: ${HEADLINES[status]}`
          : HEADLINES[status]}
      </strong>
      {reasons.length === 0 ? (
        <span class="muted">
          {data === null
            ? ""
            : `${data.probes.length} probes: ${data.probes.map(({ name }) => name.replaceAll("_", " ")).join(", ")}`}
        </span>
      ) : (
        <ul>
          {reasons.map(({ name, detail }) => (
            <li key={name}>
              <span class="reason">{name.replaceAll("_", " ")}</span> {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
