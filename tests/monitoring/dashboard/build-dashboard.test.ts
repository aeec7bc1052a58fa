import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDashboard } from "../../../monitoring/dashboard/build-dashboard.ts";

/** All that a first visit loads. */
const MOST_BYTES = 100_000;

let dashboard: Awaited<ReturnType<typeof buildDashboard>>;
beforeAll(async () => {
  dashboard = await buildDashboard();
});

test("the first load is at most 100 kB, gzipped", () => {
  const sizes = Object.values(dashboard).map((it) => Bun.gzipSync(it).length);
  expect(sizes.every((size) => size > 100)).toBe(true);
  expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(MOST_BYTES);
});

test("it asks nobody else for anything", () => {
  const { html, js, css } = dashboard;
  // Names of XML vocabularies look like addresses and are none.
  const outside = `${html}${js}${css}`
    .match(/(?:https?:)?\/\/[a-z0-9-]+\.[^"'`\s)]+/gi)
    ?.filter((it) => !it.startsWith("http://www.w3.org/"));
  expect(outside ?? []).toEqual([]);
  expect(css).not.toMatch(/@import|url\((?!["']?data:)/);
});

test("it runs under a policy that forbids inline script, inline style and eval", () => {
  const { html, js } = dashboard;
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).toContain('src="__BASE__/assets/app.js"></script>');
  expect(js).not.toMatch(/\beval\(|new Function\b|dangerouslySetInnerHTML:/);
});

test("the schemas stay on the server", () => {
  expect(dashboard.js).not.toMatch(/ZodError|invalid_type|_zod/);
});

test("the base path can be put in wherever it belongs", () => {
  const { html, js, css } = dashboard;
  expect(html.match(/__BASE__/g)).toHaveLength(3);
  expect(`${js}${css}`).not.toContain("__BASE__");
});

describe("as files beside a bundled server", () => {
  const folder = mkdtempSync(join(tmpdir(), "flow-balancer-dashboard-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("it is written whole", async () => {
    const program = join(
      import.meta.dir,
      "../../../monitoring/dashboard/build-dashboard.ts",
    );
    const { exitCode } = Bun.spawnSync([process.execPath, program, folder], {
      stdin: "ignore",
    });
    expect(exitCode).toBe(0);
    for (const [part, text] of Object.entries(dashboard))
      expect(await Bun.file(join(folder, `dashboard.${part}`)).text()).toBe(
        text,
      );
  });
});
