/** A server that only is there: on the home it is given it takes its lock, registers, and lives until it is killed. */

import { join } from "node:path";
import { instanceId } from "../../../flow-balancer/core/ids.ts";
import { bunEnv } from "../../../flow-balancer/env.ts";
import { openStore } from "../../../flow-balancer/store/database.ts";
import { InstanceLocks } from "../../../flow-balancer/store/instance-locks.ts";
import { pidStarted } from "../../../flow-balancer/store/instance-process.ts";
import { Instances } from "../../../flow-balancer/store/instances.ts";

const home = process.argv[2] ?? "";
const id = instanceId(bunEnv.unique());
const store = openStore(join(home, "flow.db"), "normal", bunEnv);
new InstanceLocks(home).hold(id);
await new Instances(store, bunEnv).register(
  {
    id,
    pid: process.pid,
    pidStarted: pidStarted(process.pid),
    transport: "stdio",
    projectRoot: home,
    version: "0",
    maxWorkers: 4,
  },
  { wants: 0, share: 4 },
);
console.log(id);
setInterval(() => {}, 60_000);
