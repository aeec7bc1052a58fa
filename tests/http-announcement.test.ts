import { expect, test } from "bun:test";
import { announcement } from "../flow-balancer/http-announcement.ts";

const HTTP = {
  host: "127.0.0.1",
  port: 0,
  basePath: "/",
  readOnly: false,
  mcpToken: "required",
  hostnames: [],
  origins: [],
} as const;

const said = (http: Partial<Parameters<typeof announcement>[0]["http"]>) =>
  announcement({ home: "/h", http: { ...HTTP, ...http } }, 80, "c-1");

test("where it listens, and a link that a browser can open", () => {
  expect(said({})).toEqual([
    "MCP at http://127.0.0.1:80/mcp, with the token in /h/http-token",
    "dashboard at http://127.0.0.1:80/login?code=c-1 (works once, within 10 minutes)",
  ]);
  for (const [host, url] of [
    ["::1", "http://[::1]:80/"],
    ["0.0.0.0", "http://127.0.0.1:80/"],
    ["[::]", "http://127.0.0.1:80/"],
  ] as const)
    expect(said({ host }).slice(0, 2).join()).toContain(url);
  expect(said({ basePath: "/flow" })[1]).toContain(":80/flow/login?");
});

test("what others reach is said to be so, with what to do", () => {
  const open = said({ host: "0.0.0.0" }).join("\n");
  expect(open).toContain("not encrypted");
  expect(open).toContain("http.hostnames");
  const named = said({ host: "0.0.0.0", hostnames: ["box.lan"] }).join("\n");
  expect(named).toContain("not encrypted");
  expect(named).not.toContain("http.hostnames");
});

test("MCP without a token is said, and louder where others come in", () => {
  expect(said({ mcpToken: "off" })).toEqual([
    expect.stringContaining("without a token"),
    expect.stringContaining("dashboard"),
  ]);
  for (const others of [
    { hostnames: ["box.lan"] },
    { origins: ["https://box.lan"] },
  ])
    expect(said({ mcpToken: "off", ...others }).at(-1)).toMatch(
      /no token: whoever reaches it by .*box\.lan can run commands/,
    );
});
