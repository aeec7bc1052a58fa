/** Says whether a shared file of that many bytes is to be had under the limits it was started with. */

import { createSharedFile } from "../../../flow-balancer/worker/shared-file.ts";

const file = createSharedFile(Number(process.argv[2]));
process.stdout.write(file === null ? "null" : "made");
