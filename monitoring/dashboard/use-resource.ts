/** What a page fetches: loaded when it opens, then again as often as it says, when a signal moves, and when the live stream had a gap. */

import { type ReadonlySignal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { connection, gaps } from "./live.ts";

export interface Resource<T> {
  /** The last that came; stays while it is loaded anew, and when that fails. */
  readonly data: T | null;
  readonly error: Error | null;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface ResourceOptions {
  /** Again so often, ms, unless the page is hidden. */
  readonly everyMs?: number;
  /** Again whenever this changes. */
  readonly on?: ReadonlySignal<unknown>;
  /** Of what is loaded: another key begins from nothing. */
  readonly key?: string;
}

export function useResource<T>(
  load: () => Promise<T>,
  { everyMs, on, key = "" }: ResourceOptions = {},
): Resource<T> {
  const [state, setState] = useState<{
    key: string;
    data: T | null;
    error: Error | null;
    loading: boolean;
  }>({ key, data: null, error: null, loading: true });
  const latest = useRef(load);
  latest.current = load;
  const turn = useRef(0);

  const reload = useCallback((): void => {
    const mine = ++turn.current;
    setState((old) => ({
      key,
      data: old.key === key ? old.data : null,
      error: old.key === key ? old.error : null,
      loading: true,
    }));
    latest.current().then(
      (data) => {
        if (mine !== turn.current) return;
        setState({ key, data, error: null, loading: false });
      },
      (error: Error) => {
        if (mine !== turn.current) return;
        setState((old) => ({ ...old, error, loading: false }));
      },
    );
  }, [key]);

  useEffect(() => {
    reload();
    return () => {
      turn.current++;
    };
  }, [reload]);
  useEffect(() => later(gaps, reload), [reload]);
  useEffect(
    () => (on === undefined ? undefined : later(on, reload)),
    [on, reload],
  );
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden && connection.peek() !== "offline") reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);

  const fresh = state.key === key;
  return {
    data: fresh ? state.data : null,
    error: fresh ? state.error : null,
    loading: state.loading || !fresh,
    reload,
  };
}

/** Calls `then` at each change that comes after now. */
function later(source: ReadonlySignal<unknown>, then: () => void): () => void {
  let first = true;
  return source.subscribe(() => {
    if (!first) then();
    first = false;
  });
}
