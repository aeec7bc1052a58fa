/** Imported first by whatever speaks MCP on stdout: from here on `console` writes to stderr. */

for (const method of ["log", "info", "debug"] as const)
  console[method] = console.error;
