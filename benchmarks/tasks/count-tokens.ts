/** A task whose module is large: the tables of a tokenizer. */

import { defineTask } from "flow-balancer/task";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { z } from "zod";

export default defineTask({
  kind: "count-tokens",
  description: "Counts the tokens of a text",
  input: z.object({ serial: z.int() }),
  run: ({ serial }) => ({
    serial,
    tokens: countTokens(`the quick brown fox ${serial}`),
  }),
});
