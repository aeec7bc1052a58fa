/** For a dispatcher whose tasks have no session. */

import type { StateKeeping } from "../../flow-balancer/state-keeping.ts";

export const NO_STATES: StateKeeping = {
  changed: () => {
    throw new Error("no session's state is kept here");
  },
  refused: async () => {},
};
