/** The form of what ensembles learned, as it comes back from a store: whatever is not of it is not used. */

import { z } from "zod";
import type { EnsembleSnapshot } from "../orchestrator/learning/aggregate-memory.ts";

const name = z.string();
const count = z.number().min(0);

const counts = z.object({
  experts: z.array(z.tuple([name, count, count])),
  same_wrong: z.tuple([count, count]),
  panels: z.array(
    z.tuple([name, z.array(z.tuple([z.int().min(0), count, count]))]),
  ),
});

export const SNAPSHOT: z.ZodType<EnsembleSnapshot> = z.object({
  reliability: z.object({
    all: counts,
    types: z.array(z.tuple([name, counts])),
  }),
  agreement: z.object({
    types: z.array(
      z.tuple([
        name,
        z.array(name),
        z.array(z.tuple([name, name, count, count])),
      ]),
    ),
  }),
  gate: z.custom<EnsembleSnapshot["gate"]>(
    (value) => typeof value === "object" && value !== null,
  ),
  strategies: z.array(z.tuple([name, name, count, count])),
});
