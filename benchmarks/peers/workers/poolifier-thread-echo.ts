/** The echo task as poolifier's threads register it. */

import { ThreadWorker } from "poolifier";

export const worker = new ThreadWorker<unknown, unknown>((input) => input);
