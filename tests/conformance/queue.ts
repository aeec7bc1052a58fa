/**
 * What every queue engine must keep: one suite against the port. An engine passes if it passes this;
 * nothing in here knows how one works. The parts are beside this file.
 */

import { describe, setDefaultTimeout } from "bun:test";
import { claimTests } from "./queue-claims.ts";
import { endTests } from "./queue-ends.ts";
import { graphTests } from "./queue-graphs.ts";
import { leaseTests } from "./queue-leases.ts";
import { lossTests } from "./queue-losses.ts";
import { recordingTests } from "./queue-recording.ts";
import type { MakeQueue } from "./queue-rig.ts";
import { viewTests } from "./queue-views.ts";

/** `make` gives an empty engine of its own for each call, whose only clock is the rig's. */
export function queueConformance(name: string, make: MakeQueue): void {
  setDefaultTimeout(30_000);
  describe(name, () => {
    describe("records", () => recordingTests(make));
    describe("leases", () => leaseTests(make));
    describe("claims", () => claimTests(make));
    describe("graphs", () => graphTests(make));
    describe("ends", () => endTests(make));
    describe("losses", () => lossTests(make));
    describe("views", () => viewTests(make));
  });
}
