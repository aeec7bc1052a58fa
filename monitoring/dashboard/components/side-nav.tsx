/** The way to every page, with the counts that tell where to look. */

import type { VNode } from "preact";
import { count } from "../format.ts";
import { overview, workers } from "../live.ts";
import type { PageName } from "../route.ts";
import { Link, route } from "../router.ts";
import { Icon } from "./top-bar.tsx";

interface Entry {
  readonly page: PageName;
  readonly label: string;
  readonly icon: string;
}

const WORK: readonly Entry[] = [
  {
    page: "overview",
    label: "Overview",
    icon: "M2 13V8M6 13V3M10 13V6M14 13V9",
  },
  {
    page: "workers",
    label: "Workers",
    icon: "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
  },
  {
    page: "tasks",
    label: "Tasks",
    icon: "M2 4h1M2 8h1M2 12h1M6 4h8M6 8h8M6 12h8",
  },
  {
    page: "board",
    label: "Board",
    icon: "M2 3h3v10H2zM6.500 3h3v7h-3zM11 3h3v5h-3z",
  },
  { page: "sessions", label: "Sessions", icon: "M2 3h12v8H7l-3 3v-3H2z" },
  {
    page: "instances",
    label: "Instances",
    icon: "M2 3h12v4H2zM2 9h12v4H2zM4.500 5h.1M4.500 11h.1",
  },
];
const LEARNED: readonly Entry[] = [
  {
    page: "timeouts",
    label: "Timeouts",
    icon: "M8 4v4l3 2M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
  },
  {
    page: "learning",
    label: "Learning",
    icon: "M2 12l4-5 3 3 5-7M10.500 3H14v3.500",
  },
  {
    page: "alerts",
    label: "Alerts and audit",
    icon: "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM7 14h2",
  },
];

export function SideNav({ open }: { readonly open: boolean }): VNode {
  const at = overview.value;
  return (
    <nav class={`side ${open ? "open" : ""}`} id="side" aria-label="Pages">
      <Link class="brand" href="/ui/overview">
        <Icon path="M1 5h8a3 3 0 0 1 0 6H7M1 8h5M1 11h2" />
        flow-balancer
      </Link>
      <div class="nav">
        {WORK.map((entry) => (
          <NavLink key={entry.page} {...entry} />
        ))}
        <div class="nav-title">What it learned</div>
        {LEARNED.map((entry) => (
          <NavLink key={entry.page} {...entry} />
        ))}
      </div>
      {at !== null && (
        <div class="side-foot" data-testid="whose">
          <div title="This server">{at.instance}</div>
          <div>version {at.version}</div>
          <div title={`Home: ${at.home}`}>{at.home}</div>
        </div>
      )}
    </nav>
  );
}

function NavLink({ page, label, icon }: Entry): VNode {
  const counted = countOf(page);
  return (
    <Link
      href={`/ui/${page}`}
      current={route.value.page === page}
      data-testid={`nav-${page}`}
    >
      <Icon path={icon} />
      {label}
      {counted !== null && (
        <span class={`count ${counted.bad ? "bad" : ""}`}>
          {count(counted.n)}
        </span>
      )}
    </Link>
  );
}

/** What is going on there now; null: nothing worth a number. */
function countOf(page: PageName): { n: number; bad: boolean } | null {
  const at = overview.value;
  if (at === null) return null;
  if (page === "tasks") {
    const n = (at.tasks.queued ?? 0) + (at.tasks.running ?? 0);
    return n === 0 ? null : { n, bad: false };
  }
  if (page === "alerts") {
    const n = at.alerts.filter(({ state }) => state === "firing").length;
    return n === 0 ? null : { n, bad: true };
  }
  if (page === "workers" && workers.value !== null)
    return { n: workers.value.workers.length, bad: false };
  return null;
}
