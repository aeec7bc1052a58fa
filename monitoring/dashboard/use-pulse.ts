/** When a page fetches anew: every so often, and sooner when tasks change; not while it is hidden or paused. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { browserPace } from "./components/browser-pace.ts";
import { Pacer } from "./components/pacer.ts";
import { onTasks, paused } from "./live.ts";
import type { TasksEvent } from "./live-rows.ts";

interface PulseOptions {
  readonly everyMs: number;
  /** Of the live stream: whether this is a reason to fetch, at most once a second. */
  readonly matters?: (event: TasksEvent) => boolean;
}

/** Between two fetches, however much changes. */
const SOONEST_MS = 1000;

/** Moves when it is time. */
export function usePulse({
  everyMs,
  matters,
}: PulseOptions): ReadonlySignal<number> {
  const pulse = useSignal(0);
  useEffect(() => {
    const pacer = new Pacer(
      () => {
        pulse.value++;
      },
      SOONEST_MS,
      browserPace,
    );
    const timer = setInterval(() => {
      if (!paused.value) pacer.ask();
    }, everyMs);
    const shown = () => pacer.visibilityChanged();
    const unlisten = onTasks((event) => {
      if (matters?.(event) === true) pacer.ask();
    });
    document.addEventListener("visibilitychange", shown);
    return () => {
      clearInterval(timer);
      unlisten();
      pacer.close();
      document.removeEventListener("visibilitychange", shown);
    };
  }, [everyMs, matters]);
  return pulse;
}
