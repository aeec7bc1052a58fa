/** A server of a newer version: `<path>`. It has its store open until its input ends. */

import {
  closeStore,
  openStore,
} from "../../../flow-balancer/store/database.ts";
import { FakeEnv } from "../../support/fake-env.ts";

const [, , path = ""] = process.argv;
const store = openStore(path, "normal", new FakeEnv());
store.raw.run(
  "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('future', 99999999999999)",
);
console.log("up");
await Bun.stdin.text();
await closeStore(store);
