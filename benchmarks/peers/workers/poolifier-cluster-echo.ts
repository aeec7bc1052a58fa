/** The echo task as poolifier's cluster processes register it. */

import { ClusterWorker } from "poolifier";

export const worker = new ClusterWorker<unknown, unknown>((input) => input);
