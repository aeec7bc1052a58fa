/**
 * Tests in a real browser. Where it is not there, a test that needs it fails in CI; elsewhere it is left
 * out, and says so.
 */

import { afterAll, test } from "bun:test";
import type { Browser } from "playwright-core";
import {
  CHROMIUM_MISSING,
  hasChromium,
  openChromium,
} from "../../benchmarks/chromium.ts";

/** A busy machine may be slow; a hang is ended. */
const TEST_TIMEOUT_MS = 45_000;

/** One browser for all tests of a file, opened with the first of them. */
export function sharedBrowser(): () => Promise<Browser> {
  let opened: Promise<Browser> | undefined;
  afterAll(async () => {
    await (await opened)?.close();
  });
  return () => (opened ??= openChromium());
}

/** A test that needs it. */
export function testWithBrowser(name: string, run: () => Promise<void>): void {
  if (hasChromium) {
    test(name, run, TEST_TIMEOUT_MS);
    return;
  }
  if (process.env["CI"] === "true") {
    test(name, () => {
      throw new Error(CHROMIUM_MISSING);
    });
    return;
  }
  console.error(`NOT RUN: "${name}": ${CHROMIUM_MISSING}`);
  test.skip(name, run);
}
