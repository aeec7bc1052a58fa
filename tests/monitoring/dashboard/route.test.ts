import { expect, test } from "bun:test";
import { PAGES, routeOf } from "../../../monitoring/dashboard/route.ts";

test.each(["", "/under/here"])("pages are found under the base %p", (base) => {
  expect(routeOf(base, `${base}/`, "").page).toBe("overview");
  expect(routeOf(base, base, "").page).toBe("overview");
  for (const page of PAGES)
    expect(routeOf(base, `${base}/ui/${page}`, "")).toMatchObject({
      page,
      id: null,
    });
  const { page, id, query } = routeOf(base, `${base}/ui/tasks/a%2Fb`, "?x=1");
  expect([page, id, query.get("x")]).toEqual(["tasks", "a/b", "1"]);
});

test.each(["/ui/nothing", "/elsewhere", "/ui/board/1", "/ui/tasks/a/b"])(
  "%p is no page",
  (path) => {
    expect(routeOf("", path, "").page).toBeNull();
  },
);

test("a broken escape is taken as it stands", () => {
  expect(routeOf("", "/ui/tasks/%E0%A4%A", "").id).toBe("%E0%A4%A");
});
