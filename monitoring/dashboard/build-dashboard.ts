/**
 * The dashboard as three texts, built from its source once a process, or read from beside a bundled server.
 * Also a program: `bun monitoring/dashboard/build-dashboard.ts <folder>` writes them there.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

interface Dashboard {
  /** Has `__BASE__` wherever the base path belongs. */
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

const PARTS = ["html", "js", "css"] as const;
const fileOf = (folder: string, part: (typeof PARTS)[number]): string =>
  join(folder, `dashboard.${part}`);

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="base" content="__BASE__">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>flow-balancer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="__BASE__/assets/app.css">
<script type="module" src="__BASE__/assets/app.js"></script>
</head>
<body>
<div id="app"></div>
<noscript>The dashboard needs JavaScript; \`flow-balancer status\` does not.</noscript>
</body>
</html>
`;

let built: Promise<Dashboard> | undefined;

/** Throws an AggregateError that names what could not be bundled. */
export function buildDashboard(): Promise<Dashboard> {
  built ??= readBeside(import.meta.dir).then((beside) => beside ?? bundle());
  return built;
}

/** As the build of the server leaves it; null where the sources are. */
async function readBeside(folder: string): Promise<Dashboard | null> {
  if (!PARTS.every((part) => existsSync(fileOf(folder, part)))) return null;
  const [html = "", js = "", css = ""] = await Promise.all(
    PARTS.map((part) => Bun.file(fileOf(folder, part)).text()),
  );
  return { html, js, css };
}

async function bundle(): Promise<Dashboard> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "main.tsx")],
    target: "browser",
    format: "esm",
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    env: "disable",
    tsconfig: join(import.meta.dir, "tsconfig.json"),
  });
  const textOf = async (ending: string): Promise<string> =>
    (await outputs.find(({ path }) => path.endsWith(ending))?.text()) ?? "";
  return { html: HTML, js: await textOf(".js"), css: await textOf(".css") };
}

async function write(folder: string): Promise<void> {
  const dashboard = await buildDashboard();
  for (const part of PARTS)
    await Bun.write(fileOf(folder, part), dashboard[part]);
}

// Not awaited here: modules that are compiled ahead have no top-level await.
if (import.meta.main) void write(resolve(process.argv[2] ?? "."));
