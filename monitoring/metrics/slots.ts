/** Numbers for workers that come and go: the lowest that is free, so that there are never more of them than workers at once. */

export class Slots {
  #slots = new Map<string, number>();

  /** Those of `ids`, in their order; whoever is not among them gives its number back. */
  of(ids: readonly string[]): number[] {
    const staying = new Map<string, number>();
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) staying.set(id, slot);
    }
    this.#slots = staying;
    const taken = new Set(staying.values());
    let next = 0;
    return ids.map((id) => {
      const known = staying.get(id);
      if (known !== undefined) return known;
      while (taken.has(next)) next++;
      taken.add(next);
      staying.set(id, next);
      return next;
    });
  }
}
