/** For `bun run migrations`, which writes the next migration from the schema. */

import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: [
    "./flow-balancer/store/schema.ts",
    "./flow-balancer/store/shared-schema.ts",
  ],
  out: "./flow-balancer/store/migrations",
});
