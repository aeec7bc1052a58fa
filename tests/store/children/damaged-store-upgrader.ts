/** Brings a store of the version before up to date, and dies by SIGKILL at a statement: `<path> <n>`. */

import { migrate } from "../../../flow-balancer/store/migrate.ts";
import {
  MortalDatabase,
  statementsFrom,
} from "../../support/damaged-store-old.ts";

const [, , path = "", at = ""] = process.argv;
const raw = new MortalDatabase(path, statementsFrom(2), (n) => {
  if (n === Number(at)) process.kill(process.pid, "SIGKILL");
});
migrate(raw, path);
