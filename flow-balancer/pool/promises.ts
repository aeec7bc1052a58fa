/**
 * The deadlines that were promised, and how much room there is between them: with earliest deadline
 * first, work before each moment must fit in what the servers can do until then (the processor
 * demand criterion, Baruah et al. 1990). A treap by moment that knows, for each subtree, its work
 * and its least slack; every operation is O(log n). Its shape comes of the serials, not of chance.
 */

/** A job that must start by a moment (mono ms); `workMs` is what it adds for those after it. */
export class Promised {
  readonly by: number;
  readonly workMs: number;
  readonly serial: number;
  readonly weight: number;
  left: Promised | null = null;
  right: Promised | null = null;
  sumMs = 0;
  slack = 0;

  constructor(by: number, workMs: number, serial: number) {
    this.by = by;
    this.workMs = workMs;
    this.serial = serial;
    this.weight = scatter(serial);
  }
}

export interface Demand {
  /** Work promised to start by then, ms. */
  readonly beforeMs: number;
  /** Work that could go before the later ones without one of them starting late, ms of one server; Infinity: there are none. */
  readonly roomMs: number;
}

export class Promises {
  readonly #servers: number;
  #root: Promised | null = null;

  constructor(servers: number) {
    this.#servers = servers;
  }

  add(promised: Promised): void {
    this.#root = this.#insert(this.#root, promised);
  }

  remove(promised: Promised): void {
    this.#root = this.#erase(this.#root, promised);
  }

  /** What the servers could do beside keeping every promise, from `now` on, ms of one server. Infinity: nothing is promised. */
  roomMs(now: number): number {
    return slackOf(this.#root) - this.#servers * now;
  }

  /** What a job that must start by then finds. */
  demand(by: number, now: number): Demand {
    let beforeMs = 0;
    let slack = Number.POSITIVE_INFINITY;
    let node = this.#root;
    while (node !== null)
      if (node.by <= by) {
        beforeMs += sumOf(node.left) + node.workMs;
        node = node.right;
      } else {
        const ahead = beforeMs + sumOf(node.left);
        slack = Math.min(
          slack,
          this.#servers * node.by - ahead,
          slackOf(node.right) - ahead - node.workMs,
        );
        node = node.left;
      }
    return { beforeMs, roomMs: slack - this.#servers * now };
  }

  #insert(node: Promised | null, added: Promised): Promised {
    if (node === null || added.weight < node.weight) {
      [added.left, added.right] = this.#split(node, added);
      return this.#update(added);
    }
    if (isBefore(added, node)) node.left = this.#insert(node.left, added);
    else node.right = this.#insert(node.right, added);
    return this.#update(node);
  }

  #erase(node: Promised | null, gone: Promised): Promised | null {
    if (node === null) return null;
    if (node === gone) return this.#merge(node.left, node.right);
    if (isBefore(gone, node)) node.left = this.#erase(node.left, gone);
    else node.right = this.#erase(node.right, gone);
    return this.#update(node);
  }

  #split(
    node: Promised | null,
    at: Promised,
  ): [Promised | null, Promised | null] {
    if (node === null) return [null, null];
    if (isBefore(node, at)) {
      const [left, right] = this.#split(node.right, at);
      node.right = left;
      return [this.#update(node), right];
    }
    const [left, right] = this.#split(node.left, at);
    node.left = right;
    return [left, this.#update(node)];
  }

  #merge(left: Promised | null, right: Promised | null): Promised | null {
    if (left === null || right === null) return left ?? right;
    if (left.weight < right.weight) {
      left.right = this.#merge(left.right, right);
      return this.#update(left);
    }
    right.left = this.#merge(left, right.left);
    return this.#update(right);
  }

  #update(node: Promised): Promised {
    const { left, right, workMs } = node;
    const ahead = sumOf(left);
    node.sumMs = ahead + workMs + sumOf(right);
    node.slack = Math.min(
      slackOf(left),
      this.#servers * node.by - ahead,
      slackOf(right) - ahead - workMs,
    );
    return node;
  }
}

const sumOf = (node: Promised | null): number => node?.sumMs ?? 0;
const slackOf = (node: Promised | null): number =>
  node?.slack ?? Number.POSITIVE_INFINITY;
const isBefore = (a: Promised, b: Promised): boolean =>
  a.by !== b.by ? a.by < b.by : a.serial < b.serial;

/** Mixes the bits of a number, so that a treap of numbers in a row is balanced. */
function scatter(serial: number): number {
  let mixed = Math.imul(serial ^ (serial >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
