import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EventClient } from "./event-client.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";
import { BEARER, HttpUnderTest } from "./http-under-test.ts";

let http: HttpUnderTest;
beforeAll(() => {
  http = new HttpUnderTest();
});
afterAll(() => http.stop());

const VIEWS = ["overview", "tasks", "tasks/x", "board", "learning", "audit"];

/** All that stands anywhere in it. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap(textsOf)
    : [];
}

test("there are enough of them", () => {
  expect(new Set(HOSTILE_TEXTS).size).toBeGreaterThanOrEqual(60);
});

describe("stored in every text", () => {
  test.each(HOSTILE_TEXTS)("%j is data and nothing else", async (text) => {
    http.watch.text = text;
    for (const view of VIEWS) {
      const response = await http.ask(`/api/v1/${view}`, {
        // As a browser that was made to open it.
        headers: { ...BEARER, Accept: "text/html,*/*" },
      });
      const { headers } = response;
      expect(headers.get("content-type")).toMatch(
        /^application\/json(?:; ?charset=utf-8)?$/i,
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain(
        "default-src 'none'",
      );
      expect(textsOf(await response.json())).toContain(text);
    }
    const client = await EventClient.open(http);
    http.watch.change(text);
    expect(await client.types(1)).toEqual(["tasks"]);
    expect(textsOf(client.events[0]?.data)).toContain(text);
    client.hangUp();
  });
});

describe("sent in a request", () => {
  test.each(HOSTILE_TEXTS)("%j comes back in no page", async (text) => {
    const query = encodeURIComponent(text);
    for (const path of [
      `/login?code=${query}`,
      `/ui/tasks?q=${query}`,
      `/?${query}`,
    ]) {
      const headers = { Accept: "text/html" };
      for (const response of [
        await http.askAs(headers, path),
        await http.ask(path, { headers: { ...BEARER, ...headers } }),
      ]) {
        const body = await response.text();
        expect(body).not.toContain(text);
        expect(body).not.toContain("alert(1)");
      }
    }
    for (const path of [
      `/api/v1/tasks?limit=${query}`,
      `/api/v1/tasks?${query}=1`,
    ]) {
      const response = await http.ask(path);
      expect(response.headers.get("content-type")).toStartWith(
        "application/json",
      );
      expect(response.headers.get("location")).toBeNull();
    }
  });
});
