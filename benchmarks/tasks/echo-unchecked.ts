/** What every pool in the contest is given to do: nothing. Its input is not checked, as the others check none. */

import { defineTask } from "flow-balancer/task";

export default defineTask({
  kind: "echo-unchecked",
  description: "Returns its input",
  input: { "~standard": { validate: (value: unknown) => ({ value }) } },
  run: (input) => input,
});
