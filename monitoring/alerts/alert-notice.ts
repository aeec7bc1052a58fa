/** An alert as hooks are given it: one JSON object that says where it comes from. */

import type { AlertView } from "../api/overview-views.ts";

export interface AlertOrigin {
  /** The server that tells of it. */
  readonly instance: string;
  readonly home: string;
}

export interface AlertNotice extends AlertView, AlertOrigin {
  readonly schema: 1;
  /** Epoch ms. */
  readonly at: number;
}

/** Tells one notice; rejects with the reason if it could not. */
export type AlertHook = (
  notice: AlertNotice,
  signal: AbortSignal,
) => Promise<void>;
