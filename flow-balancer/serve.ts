/** The HTTP server: MCP for any number of clients, the API and the dashboard, on loopback unless told otherwise. */

import packageJson from "../package.json" with { type: "json" };
import { toWireError } from "./core/errors.ts";
import {
  complain,
  depsOf,
  lazyEngine,
  readConfig,
  untilStopped,
  USAGE,
} from "./front.ts";
import { openHttpFront } from "./http-front.ts";
import { productCatalog } from "./mcp/product-catalog.ts";

/** What running tasks get after SIGTERM or SIGINT, ms. */
const DRAIN_MS = 10_000;

/** Resolves with the exit code once it was stopped and nothing of ours runs any more. */
export async function serveHttpMain(argv: readonly string[]): Promise<number> {
  process.umask(0o077);
  const config = readConfig(argv);
  if (config === null) return USAGE;
  const lazy = lazyEngine(config, "http");
  const catalog = await productCatalog(
    depsOf(lazy),
    packageJson.version,
    config.toolsets,
  );
  const front = await openHttpFront(config, lazy, catalog);
  if (front === null) return 1;
  lazy.prepare((thrown) => {
    const { message, hint = "" } = toWireError(thrown);
    complain(
      `it listens, but cannot work yet; each request tries again: ${message}\n${hint}`.trim(),
    );
  });
  await untilStopped(new Promise(() => {}));
  await front.quiet();
  await lazy.close(DRAIN_MS);
  await front.stop();
  return 0;
}

if (import.meta.main) process.exit(await serveHttpMain(process.argv.slice(2)));
