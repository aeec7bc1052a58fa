/**
 * The live stream: one connection to `<base>/events` for the whole page, closed while nobody looks, and
 * signals that follow it. After a gap the server could not fill, `gaps` moves and everything is fetched anew.
 */

import { batch, computed, signal } from "@preact/signals";
import type { OverviewView, WorkersView } from "../api/overview-views.ts";
import type { AuditEntryView } from "../api/shared-views.ts";
import { ApiFailure, getJson } from "./api.ts";
import { basePath } from "./base-path.ts";
import { hold, NOTHING_HELD, type TasksEvent } from "./live-rows.ts";

/** Tries again after this long, doubled each time up to the last. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 8_000;

export const overview = signal<OverviewView | null>(null);
export const workers = signal<WorkersView | null>(null);
/** The last thing a person asked of the server. */
export const lastAudit = signal<AuditEntryView | null>(null);
export const connection = signal<"live" | "offline" | "connecting">(
  "connecting",
);
/** Why the server, which is there, does not talk to this page; null: it does, or is not there. */
export const refusal = signal<ApiFailure | null>(null);
/** Counts the times something may have been missed. */
export const gaps = signal(0);
/** When the last event came, epoch ms; null: none yet. */
export const heardAt = signal<number | null>(null);

export const paused = signal(false);
const held = signal(NOTHING_HELD);
/** Tasks that changed while paused. */
export const heldCount = computed(() => held.value.rows.size);
let heldOverview: OverviewView | null = null;
let heldWorkers: WorkersView | null = null;

const listeners = new Set<(event: TasksEvent) => void>();

/** Calls `listener` for each tasks event until the returned function is called. */
export function onTasks(listener: (event: TasksEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** While paused nothing on the page moves; what came meanwhile is shown at once when it goes on. */
export function setPaused(pause: boolean): void {
  if (pause === paused.value) return;
  paused.value = pause;
  if (pause) return;
  const { rows, more } = held.value;
  held.value = NOTHING_HELD;
  batch(() => {
    if (heldOverview !== null) overview.value = heldOverview;
    if (heldWorkers !== null) workers.value = heldWorkers;
  });
  heldOverview = heldWorkers = null;
  if (more) gaps.value++;
  else if (rows.size > 0) deliver({ changed: [...rows.values()], more: false });
}

function deliver(event: TasksEvent): void {
  for (const listener of [...listeners]) listener(event);
}

let source: EventSource | null = null;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let retryMs = RETRY_FIRST_MS;
/** A new connection cannot say what the last one had: what came between is fetched. */
let hadOne = false;

export function startLive(): void {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else open();
  });
  window.addEventListener("online", () => {
    if (connection.value !== "live") reconnect();
  });
  // A server on this machine needs no network: ask before believing it.
  window.addEventListener("offline", () => {
    getJson<OverviewView>("overview").then(takeOverview, lose);
  });
  fetchAnew();
  gaps.subscribe((times) => {
    if (times > 0) fetchAnew();
  });
  if (!document.hidden) open();
}

/** At once, without waiting for the next try. */
function reconnect(): void {
  close();
  retryMs = RETRY_FIRST_MS;
  open();
}

function fetchAnew(): void {
  getJson<OverviewView>("overview").then(takeOverview, () => undefined);
  getJson<WorkersView>("workers").then(takeWorkers, () => undefined);
}

function takeOverview(data: OverviewView): void {
  if (paused.value) heldOverview = data;
  else overview.value = data;
}

function takeWorkers(data: WorkersView): void {
  if (paused.value) heldWorkers = data;
  else workers.value = data;
}

function takeTasks(event: TasksEvent): void {
  if (paused.value) held.value = hold(held.value, event);
  else deliver(event);
}

function close(): void {
  clearTimeout(retryTimer);
  source?.close();
  source = null;
}

function open(): void {
  if (source !== null) return;
  if (connection.value !== "offline") connection.value = "connecting";
  const mine = new EventSource(`${basePath}/events`);
  source = mine;
  mine.addEventListener("open", () => {
    connection.value = "live";
    refusal.value = null;
    retryMs = RETRY_FIRST_MS;
    if (hadOne) gaps.value++;
    hadOne = true;
  });
  mine.addEventListener("error", () => {
    connection.value = "offline";
    // The browser tries again by itself, and says what it had last; unless the answer was no stream at all.
    if (mine.readyState === EventSource.CLOSED) lose();
    else hadOne = false;
  });
  listen(mine, "overview", takeOverview);
  listen(mine, "workers", takeWorkers);
  listen(mine, "tasks", takeTasks);
  listen<AuditEntryView>(mine, "audit", (entry) => {
    lastAudit.value = entry;
  });
  mine.addEventListener("reset", () => {
    gaps.value++;
  });
}

function lose(): void {
  close();
  connection.value = "offline";
  getJson<OverviewView>("overview").then(takeOverview, (error: unknown) => {
    refusal.value =
      error instanceof ApiFailure && error.status > 0 ? error : null;
  });
  retryTimer = setTimeout(open, retryMs);
  retryMs = Math.min(RETRY_LAST_MS, retryMs * 2);
}

function listen<T>(
  from: EventSource,
  name: string,
  take: (data: T) => void,
): void {
  from.addEventListener(name, (event: MessageEvent<string>) => {
    heardAt.value = Date.now();
    if (connection.value !== "live") connection.value = "live";
    take(JSON.parse(event.data) as T);
  });
}
