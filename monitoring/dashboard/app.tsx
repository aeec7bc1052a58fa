/** The frame around all pages, and which page is on show. */

import { effect, signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Empty } from "./components/empty.tsx";
import { HelpDialog } from "./components/help-dialog.tsx";
import { Page } from "./components/page.tsx";
import { SideNav } from "./components/side-nav.tsx";
import { Toasts } from "./components/toast.tsx";
import { TopBar } from "./components/top-bar.tsx";
import { connection, heardAt, overview, refusal } from "./live.ts";
import { AlertsPage } from "./pages/alerts.tsx";
import { BoardPage } from "./pages/board.tsx";
import { InstancesPage } from "./pages/instances.tsx";
import { LearningPage } from "./pages/learning.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SessionsPage } from "./pages/sessions.tsx";
import { TaskPage } from "./pages/task.tsx";
import { TasksPage } from "./pages/tasks.tsx";
import { TimeoutsPage } from "./pages/timeouts.tsx";
import { WorkersPage } from "./pages/workers.tsx";
import { Ago } from "./components/time.tsx";
import type { Route } from "./route.ts";
import { Link, route } from "./router.ts";

const menuOpen = signal(false);

export function App(): VNode {
  const main = useRef<HTMLElement>(null);
  const { page, id } = route.value;
  useEffect(
    () =>
      effect(() => {
        if (route.value.page !== undefined) menuOpen.value = false;
      }),
    [],
  );
  useEffect(() => {
    // What had the focus went with the page before.
    if (document.activeElement === document.body)
      main.current?.focus({ preventScroll: true });
  }, [page, id]);
  return (
    <div class="shell">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <TopBar menuOpen={menuOpen} />
      <SideNav open={menuOpen.value} />
      <main class="main" id="main" tabIndex={-1} ref={main}>
        <OfflineBanner />
        <Shown key={`${page}/${id ?? ""}`} route={route.value} />
      </main>
      <Toasts />
      <HelpDialog />
    </div>
  );
}

function Shown({ route: { page, id } }: { readonly route: Route }): VNode {
  switch (page) {
    case "overview":
      return <OverviewPage />;
    case "workers":
      return <WorkersPage />;
    case "tasks":
      return id === null ? <TasksPage /> : <TaskPage id={id} />;
    case "board":
      return <BoardPage />;
    case "sessions":
      return <SessionsPage />;
    case "instances":
      return <InstancesPage />;
    case "timeouts":
      return <TimeoutsPage />;
    case "learning":
      return <LearningPage />;
    case "alerts":
      return <AlertsPage />;
    case null:
      return (
        <Page title="No such page">
          <Empty title="There is nothing at this address">
            <Link href="/ui/overview">Go to the overview</Link>
          </Empty>
        </Page>
      );
  }
}

/** What is on show is old: say so, and how old. */
function OfflineBanner(): VNode | null {
  if (connection.value !== "offline") return null;
  return (
    <div class="banner bad" role="alert" data-testid="offline">
      {refusal.value === null
        ? "The server cannot be reached; it is tried again by itself."
        : `${refusal.value.message} ${refusal.value.hint ?? ""}`}
      {heardAt.value !== null && (
        <>
          {" "}
          Last heard: <Ago at={heardAt.value} />.
        </>
      )}
      {heardAt.value === null && overview.value === null && (
        <> Nothing has been loaded yet.</>
      )}
    </div>
  );
}
