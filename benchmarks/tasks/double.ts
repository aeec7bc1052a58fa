/** A task without any package: what it costs to load is next to nothing. The answer is not the input. */

import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "double",
  description: "Doubles a number",
  input: {
    "~standard": {
      version: 1,
      vendor: "flow-balancer",
      validate: (value: unknown) =>
        typeof value === "number"
          ? { value }
          : { issues: [{ message: "expected a number" }] },
    },
  },
  run: (input) => 2 * Number(input),
});
