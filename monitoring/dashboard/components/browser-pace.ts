/** The clock and the visibility of the page, for what paces itself. */

import type { PacerPorts } from "./pacer.ts";

export const browserPace: PacerPorts = {
  now: () => performance.now(),
  later: (then, ms) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  hidden: () => document.hidden,
};
