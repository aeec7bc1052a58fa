/** Which rows are selected, by id; with shift from the last one touched to this one. Pure. */

/** As many as one request may name. */
export const MOST_SELECTED = 500;

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** The one touched last. */
  readonly anchor: string | null;
}

export const NOTHING_SELECTED: Selection = { ids: new Set(), anchor: null };

/** `order` is the list as shown. A range takes on the state its end gets. */
export function touch(
  { ids, anchor }: Selection,
  id: string,
  {
    range,
    order,
  }: { readonly range: boolean; readonly order: readonly string[] },
): Selection {
  const next = new Set(ids);
  const on = !ids.has(id);
  const from = range && anchor !== null ? order.indexOf(anchor) : -1;
  const to = order.indexOf(id);
  const touched =
    from < 0 || to < 0
      ? [id]
      : order.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const it of touched) {
    if (!on) next.delete(it);
    else if (next.size < MOST_SELECTED) next.add(it);
  }
  return { ids: next, anchor: id };
}

/** All of the list, as far as one request goes; none if any was selected. */
export const touchAll = (
  { ids }: Selection,
  order: readonly string[],
): Selection =>
  ids.size > 0
    ? NOTHING_SELECTED
    : { ids: new Set(order.slice(0, MOST_SELECTED)), anchor: null };
