/** Above every page: how the server is, whether the view is live, pause, theme, help. */

import type { Signal } from "@preact/signals";
import type { VNode } from "preact";
import { count } from "../format.ts";
import { helpOpen, pendingKey } from "../keyboard.ts";
import { connection, heldCount, overview, paused, setPaused } from "../live.ts";
import { Link } from "../router.ts";
import { cycleTheme, theme } from "../theme.ts";
import { toneOf } from "./badge.tsx";
import { Button } from "./button.tsx";

const CONNECTION_TONES = { live: "green", connecting: "amber", offline: "red" };

export function TopBar({
  menuOpen,
}: {
  readonly menuOpen: Signal<boolean>;
}): VNode {
  return (
    <header class="top">
      <button
        type="button"
        class="button quiet menu-button"
        aria-expanded={menuOpen.value}
        aria-controls="side"
        aria-label="Menu"
        onClick={() => {
          menuOpen.value = !menuOpen.value;
        }}
      >
        <Icon path="M2 4h12M2 8h12M2 12h12" />
      </button>
      <HealthLink />
      {overview.value?.read_only === true && (
        <span class="tag" title="Nothing can be changed from here">
          read-only
        </span>
      )}
      <span class="spring" />
      {pendingKey.value !== null && <kbd>{pendingKey.value} …</kbd>}
      <LiveState />
      <Button
        kind="quiet"
        label={`Theme: ${theme.value}`}
        title={`Theme: ${theme.value} (Shift+T)`}
        data-testid="theme"
        onClick={cycleTheme}
      >
        <ThemeIcon />
      </Button>
      <Button
        kind="quiet"
        label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        data-testid="help"
        onClick={() => {
          helpOpen.value = true;
        }}
      >
        ?
      </Button>
    </header>
  );
}

const HEALTH_WORDS = {
  ok: "Healthy",
  degraded: "Degraded",
  failing: "Failing",
} as const;

/** What was true when the server was last heard need not be true now. */
function HealthLink(): VNode | null {
  const health = overview.value?.health;
  if (health === undefined) return null;
  const isLost = connection.value === "offline";
  return (
    <Link
      class="top-state"
      href="/ui/overview"
      data-testid="health"
      title={isLost ? `${HEALTH_WORDS[health]} when last heard` : undefined}
    >
      <span class="dot" data-tone={isLost ? "grey" : toneOf(health)} />
      {isLost ? "Not known" : HEALTH_WORDS[health]}
    </Link>
  );
}

function LiveState(): VNode {
  const state = connection.value;
  const isPaused = paused.value;
  const shown = isPaused ? "paused" : state;
  const news = isPaused ? heldCount.value : 0;
  return (
    <>
      <span class="top-state muted" data-testid="connection" data-state={shown}>
        <span
          class="dot"
          data-tone={isPaused ? "amber" : CONNECTION_TONES[state]}
        />
        <span class={state === "live" ? "wide" : ""}>{shown}</span>
      </span>
      <Button
        kind={news > 0 ? "primary" : "quiet"}
        label={
          isPaused
            ? `${news > 0 ? `+${count(news)} new: ` : ""}resume live updates`
            : "Pause live updates"
        }
        title={isPaused ? "Resume live updates (p)" : "Pause live updates (p)"}
        data-testid="pause"
        onClick={() => setPaused(!isPaused)}
      >
        <Icon path={isPaused ? "M5 3l8 5-8 5z" : "M5.5 3v10M10.5 3v10"} />
        {news > 0 && `+${count(news)} new`}
      </Button>
    </>
  );
}

function ThemeIcon(): VNode {
  switch (theme.value) {
    case "light":
      return (
        <Icon path="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5L13 13M3 13l1.5-1.5M11.5 4.5L13 3M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z" />
      );
    case "dark":
      return <Icon path="M13.5 9.5A6 6 0 0 1 6.5 2.500a6 6 0 1 0 7 7z" />;
    case "system":
      return (
        <Icon path="M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 2v12M8 5h4M8 8h6M8 11h4" />
      );
  }
}

/** A line drawing of 16 x 16. */
export const Icon = ({ path }: { readonly path: string }): VNode => (
  <svg
    width="16"
    height="16"
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={path} />
  </svg>
);
