import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TASK_STATES } from "../../../flow-balancer/core/task.ts";
import { HttpUnderTest } from "./http-under-test.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    name: string;
    in: string;
    required?: boolean;
  }[];
  readonly requestBody?: object;
  readonly responses: Readonly<
    Record<string, { description: string; content?: object }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Pages for people, which no program calls. */
const PAGES = new Set([
  "GET /",
  "GET /ui",
  "GET /ui/*",
  "GET /assets/app.js",
  "GET /assets/app.css",
  "GET /login",
  "POST /login",
  "GET /robots.txt",
]);

let http: HttpUnderTest;
let document: Document;
beforeAll(async () => {
  http = new HttpUnderTest();
  const response = await http.ask("/api/v1/openapi.json");
  document = (await response.json()) as Document;
});
afterAll(() => http.stop());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

test("every route is described, and every description is of a route", () => {
  const described = operations().map(([name]) => name);
  const served = http.app.routes
    .filter((route) => !PAGES.has(route))
    .map((route) => route.replaceAll(/:(\w+)/g, "{$1}"));
  expect(served.length).toBeGreaterThan(25);
  expect(described.sort()).toEqual([...served].sort());
  expect(http.app.routes).toEqual(expect.arrayContaining([...PAGES]));
});

describe("the document", () => {
  test("is of OpenAPI 3.1, with ids that are different", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(document.servers).toEqual([{ url: "/" }]);
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^\w+$/);
  });

  test("refers to nothing that is not in it", () => {
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(
      ([, ref = ""]) => ref,
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) {
      const name = ref.replace("#/components/schemas/", "");
      expect([ref, Object.hasOwn(document.components.schemas, name)]).toEqual([
        ref,
        true,
      ]);
    }
  });

  test("describes every parameter of a path, every answer and every refusal", () => {
    for (const [name, { parameters = [], responses }] of operations()) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, it = ""]) => it);
      const required = parameters.filter(
        (it) => it.in === "path" && it.required === true,
      );
      expect([name, required.map((it) => it.name)]).toEqual([name, inPath]);
      expect([name, Object.keys(responses)]).toEqual([
        name,
        expect.arrayContaining(["200"]),
      ]);
      for (const { description } of Object.values(responses))
        expect(description).not.toBe("");
    }
  });

  test("says what an error is where one may come", () => {
    for (const [name, { responses }] of operations()) {
      if (name.endsWith(" /mcp")) continue;
      expect([name, responses["default"]?.content]).toEqual([
        name,
        {
          "application/json": {
            schema: { $ref: "#/components/schemas/Error" },
          },
        },
      ]);
    }
  });

  test("says what every change takes", () => {
    const posts = operations().filter(
      ([name]) => name.startsWith("POST /api/") && !name.includes("{"),
    );
    expect(posts.map(([name]) => name).sort()).toEqual([
      "POST /api/v1/tasks/cancel",
      "POST /api/v1/tasks/retry",
      "POST /api/v1/tiers",
      "POST /api/v1/tools/change",
      "POST /api/v1/tools/look",
    ]);
    for (const [name, { requestBody }] of posts)
      expect([name, requestBody]).toEqual([
        name,
        expect.objectContaining({ required: true }),
      ]);
  });

  test("has the states of tasks in its query, and the limits of its numbers", () => {
    const text = JSON.stringify(document.paths["/api/v1/tasks"]);
    expect(text).toContain('"maximum":500');
    expect(text).toContain(TASK_STATES.join(", "));
    expect(JSON.stringify(document.paths["/api/v1/series"])).toContain(
      '"default":15',
    );
  });
});
