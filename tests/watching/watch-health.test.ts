/** Health and alerts made from the settings of a project, on a real home. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { watchHealth } from "../../flow-balancer/watching/watch-health.ts";
import { ConfigDesk } from "../config/config-desk.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { until } from "../support/until.ts";
import { settle, WatchedHome } from "../support/watched-home.ts";

test("an alert of a project's own limits reaches the project's own program, and health can start a worker", async () => {
  await using home = new WatchedHome(new FakeEnv());
  using desk = new ConfigDesk();
  // No disk has as much.
  desk.projectFile(
    `[alerts]
command = ["sh", "-c", "cat > alert.json"]
[alerts.rules.disk]
threshold = 1e12
hold_ms = 0
`.replace("1e12", "1_000_000_000_000"),
  );
  const { diskRoom: _, ...parts } = home.parts;
  home.status = { ...home.status, idle: 0 };
  const { health, alerts } = watchHealth({
    ...parts,
    config: desk.load(),
    id: home.id,
    environment: process.env,
    log: () => {},
  });
  home.keeper.start();
  await settle();
  alerts.start();
  home.env.advance(5_000);
  const path = join(desk.project, "alert.json");
  const text = await until("an alert", () => {
    const read = existsSync(path) ? readFileSync(path, "utf8") : "";
    return read.endsWith("\n") && read;
  });
  expect(JSON.parse(text)).toMatchObject({
    schema: 1,
    rule: "disk",
    state: "firing",
    instance: home.id,
    home: home.parts.home,
    threshold: 1e12,
  });
  const { probes } = await health.look();
  const pool = probes.find(({ name }) => name === "pool");
  expect(pool).toMatchObject({ status: "ok" });
  expect(pool?.detail).toMatch(/trial was ready after/);
  expect(pool?.figures["trial_start_ms"]).toBeGreaterThan(0);
  await alerts.stop();
  health.stop();
});
