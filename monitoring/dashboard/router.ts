/** Pages by address, with the browser's own history. */

import { signal } from "@preact/signals";
import { type ComponentChildren, h, type JSX, type VNode } from "preact";
import { basePath } from "./base-path.ts";
import { type Route, routeOf } from "./route.ts";

const here = (): Route =>
  routeOf(basePath, window.location.pathname, window.location.search);

export const route = signal<Route>(here());

/** `href` is relative to the base path, as "/ui/tasks?state=failed". `replace`: leaves no step to go back to. */
export function navigate(
  href: string,
  { replace = false }: { readonly replace?: boolean } = {},
): void {
  const url = basePath + href;
  if (replace) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  const before = route.value;
  route.value = here();
  if (before.page !== route.value.page || before.id !== route.value.id)
    window.scrollTo(0, 0);
}

export function startRouter(): void {
  window.addEventListener("popstate", () => {
    route.value = here();
  });
}

interface LinkProps {
  readonly href: string;
  readonly children?: ComponentChildren;
  readonly class?: string;
  readonly title?: string | undefined;
  readonly current?: boolean;
  readonly "data-testid"?: string;
  readonly "aria-label"?: string;
}

/** An ordinary link that stays on the page; a new tab is the browser's affair. */
export function Link({
  href,
  current = false,
  children,
  ...rest
}: LinkProps): VNode {
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    navigate(href);
  };
  const props = { ...rest, href: basePath + href, onClick };
  return h<JSX.IntrinsicElements["a"]>(
    "a",
    current ? { ...props, "aria-current": "page" } : props,
    children,
  ) as VNode;
}
