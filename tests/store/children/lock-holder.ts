/** Takes the lock whose path it is given, collects its garbage, says so, and lives until it is killed. */

import { holdLock } from "../../../flow-balancer/store/lock-file.ts";

holdLock(process.argv[2] ?? "");
Bun.gc(true);
console.log("held");
setInterval(() => Bun.gc(true), 50);
