/** A moment: how long ago, with the exact time for whoever points at it. */

import type { VNode } from "preact";
import { now } from "../clock.ts";
import { absolute, ago, duration, UNKNOWN } from "../format.ts";

/** "3 m ago". `at` is epoch ms. */
export function Ago({ at }: { readonly at: number | null }): VNode {
  if (at === null) return <span>{UNKNOWN}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={absolute(at)}>
      {ago(at, now.value)}
    </time>
  );
}

/** "3 m 5 s", growing. `since` is epoch ms. */
export function Lasting({ since }: { readonly since: number | null }): VNode {
  if (since === null) return <span>{UNKNOWN}</span>;
  return (
    <time
      dateTime={new Date(since).toISOString()}
      title={`since ${absolute(since)}`}
    >
      {since > now.value - 1000
        ? "<1 s"
        : duration(Math.floor((now.value - since) / 1000) * 1000)}
    </time>
  );
}
