/** Fills the files of a store as far as its limit on their size lets it, and prints how its health was before and after. */

import { bunEnv } from "../../../flow-balancer/env.ts";
import { HealthDesk } from "../../../flow-balancer/watching/health-desk.ts";
import { until } from "../../support/until.ts";
import { WatchedHome } from "../../support/watched-home.ts";

const home = new WatchedHome(bunEnv);
home.keeper.start();
const desk = new HealthDesk(home.parts);
const look = async () => {
  const { status, probes } = await desk.look();
  const store = probes.find(({ name }) => name === "store");
  return { status, store: store?.status, detail: store?.detail };
};
const before = await look();
let rows = 0;
const big = "x".repeat(65_536);
/** Why it was refused; null: it was stored. */
const fill = (row: number): Promise<string | null> =>
  home.store.commit
    .write(() => {
      home.store.raw.run("INSERT INTO meta (key, value) VALUES (?, ?)", [
        `filler ${row}`,
        big,
      ]);
      return null;
    })
    .catch(String);
const refused = await until("a full disk", () => fill(++rows));
// What was seen before is good for a second.
const after = await until("bad health", async () => {
  const now = await look();
  return now.status === "ok" ? null : now;
});
console.log(JSON.stringify({ before, refused, after }));
process.exit();
