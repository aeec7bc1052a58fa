/** What an address names: a page, perhaps one thing on it, and the query. No browser needed. */

export const PAGES = [
  "overview",
  "workers",
  "tasks",
  "board",
  "sessions",
  "instances",
  "timeouts",
  "learning",
  "alerts",
] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  /** null: there is no such page. */
  readonly page: PageName | null;
  /** As the task in `/ui/tasks/<id>`. */
  readonly id: string | null;
  readonly query: URLSearchParams;
}

/** `path` begins with `base`; the base itself is the overview. */
export function routeOf(base: string, path: string, search: string): Route {
  const query = new URLSearchParams(search);
  const rest = path.startsWith(base) ? path.slice(base.length) : path;
  const [first, name = "overview", id, ...more] = rest
    .split("/")
    .filter(Boolean);
  if (first === undefined) return { page: "overview", id: null, query };
  const page = PAGES.find((it) => it === name) ?? null;
  const known =
    first === "ui" &&
    more.length === 0 &&
    (id === undefined || page === "tasks");
  return {
    page: known ? page : null,
    id: id === undefined ? null : decoded(id),
    query,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
