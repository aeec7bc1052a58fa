/** What a task's code threw, as the error its task fails with. */

import {
  BalancerError,
  toWireError,
  wireError,
  type WireError,
} from "../../core/errors.ts";
import { describe } from "./import-error.ts";

export const thrownError = (thrown: unknown): WireError =>
  thrown instanceof BalancerError
    ? toWireError(thrown)
    : wireError("TASK_THREW", `the task threw: ${describe(thrown)}`);
