/** The fixtures over this process's stdin and stdout. */

import { serveOverStdio } from "../../flow-balancer/mcp/stdio-endpoint.ts";
import { fixtureCatalog } from "./fixtures/fixture-catalog.ts";
import { fixtureEnv } from "./fixtures/fixture-env.ts";

const { closed } = serveOverStdio(fixtureCatalog(fixtureEnv), {
  stdin: process.stdin,
  stdout: process.stdout,
  env: fixtureEnv,
  onerror: (error) => console.error(error.message),
});
await closed;
process.exit(0);
