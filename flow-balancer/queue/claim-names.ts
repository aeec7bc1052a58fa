/** The names in `claims/`. One that is not exactly of these forms is none of ours: nothing of it is used. */

import type { TaskId } from "../core/ids.ts";

/** No dot in an id, no slash, nothing that a shell reads: whatever else it is, it is not ours. */
const KEY = /^(task_[0-9a-f]{1,64})\.([1-9]\d{0,15})$/;
const OFFER = /^\d{2}-\d{1,16}\.(.+)$/;
/** `<task id>.<fence>`: one attempt, and no other ever. */
export type ClaimKey = string & { readonly brand: "claim key" };

export interface Attempt {
  readonly id: TaskId;
  readonly fence: number;
}

export const keyOf = ({ id, fence }: Attempt): ClaimKey =>
  `${id}.${fence}` as ClaimKey;

export function attemptOf(key: ClaimKey): Attempt {
  const [, id, fence] = KEY.exec(key) ?? [];
  return { id: id as TaskId, fence: Number(fence) };
}

export interface Offered extends Attempt {
  readonly priority: number;
  readonly seq: number;
}

/** Sorts as text as the board does: the most urgent first, then the oldest. */
export function offerName(offered: Offered): string {
  const urgency = String(10 - offered.priority).padStart(2, "0");
  const seq = String(offered.seq).padStart(10, "0");
  return `${urgency}-${seq}.${keyOf(offered)}`;
}

export const isClaimKey = (name: string): name is ClaimKey => KEY.test(name);

/** Null: it is no name of an offer. */
export function keyOfOffer(name: string): ClaimKey | null {
  const key = OFFER.exec(name)?.[1];
  return key !== undefined && isClaimKey(key) ? key : null;
}
