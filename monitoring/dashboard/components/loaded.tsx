/** What was fetched, or what stands in its place: grey lines while it comes, the reason where it does not. */

import type { ComponentChildren, VNode } from "preact";
import type { Resource } from "../use-resource.ts";
import { Loading } from "./empty.tsx";
import { ErrorNote } from "./error-note.tsx";

interface LoadedProps<T> {
  readonly of: Resource<T>;
  readonly children: (data: T) => ComponentChildren;
}

/** Data that came before a failure stays, with the failure above it. */
export function Loaded<T>({ of, children }: LoadedProps<T>): VNode {
  const { data, error, reload } = of;
  return (
    <>
      {error !== null && <ErrorNote error={error} retry={reload} />}
      {data !== null && children(data)}
      {data === null && error === null && <Loading />}
    </>
  );
}
