/** Lanes of shared memory that are let go after each test. */

import {
  createLane,
  type CreatedLane,
} from "../../flow-balancer/worker/bulk-lane.ts";

export function madeLanes(after: (clean: () => void) => void) {
  const atTheEnd: (() => void)[] = [];
  after(() => {
    for (const end of atTheEnd.splice(0).reverse()) end();
  });
  return {
    atTheEnd,
    make(number: number, capacity: number): CreatedLane {
      const made = createLane(number, capacity);
      if (made === null) throw new Error("no lane to be had");
      atTheEnd.push(made.close);
      return made;
    },
  };
}
