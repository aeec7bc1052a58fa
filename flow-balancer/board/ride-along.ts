/**
 * A write that shares the transaction of one of the queue's. Writes of one turn of the event loop are one
 * transaction, in the order they were asked (store/group-commit.ts); so the item is read before the
 * queue's write and after it, and what it did is known for sure, whoever else writes. Should the queue
 * come to write later than in this turn, the second write is made after it instead: then a crash between
 * the two can lose what the board has to say of a change, never the change.
 */

import type { TaskId } from "../core/ids.ts";
import type { Store } from "../store/database.ts";
import type { ItemReads, ItemRow } from "./item-reads.ts";

interface Ride<T, W> {
  readonly store: Store;
  readonly reads: ItemReads;
  readonly id: TaskId;
  /** The queue's write. */
  readonly write: () => Promise<T>;
  /** Whether it changed anything. */
  readonly did: (done: T) => boolean;
  /** Undefined: nothing has happened (yet). */
  readonly also: (before: ItemRow, after: ItemRow) => W | undefined;
}

export async function rideAlong<T, W>(
  ride: Ride<T, W>,
): Promise<{ readonly done: T; readonly also: W | undefined }> {
  const { store, reads, id } = ride;
  const read = (): ItemRow | undefined => reads.item.get({ id });
  let before: ItemRow | undefined;
  const also = (): W | undefined => {
    const after = read();
    return before === undefined || after === undefined
      ? undefined
      : ride.also(before, after);
  };
  const asked = store.commit.asOne(
    () =>
      [
        store.commit.write(() => void (before = read())),
        ride.write(),
        store.commit.write(also),
      ] as const,
  );
  const [, done, first] = await Promise.all(asked);
  return {
    done,
    also:
      first === undefined && ride.did(done)
        ? await store.commit.write(also)
        : first,
  };
}
