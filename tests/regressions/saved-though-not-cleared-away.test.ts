import { afterEach, expect, test } from "bun:test";
import { json, sessionDesk } from "../store/session-desk.ts";

const newDesk = sessionDesk(afterEach);
const LARGE = 20_000;
const DENIED = Object.assign(new Error("EACCES: permission denied, unlink"), {
  code: "EACCES",
});

test("a state is saved, though the file of an earlier one cannot be removed", async () => {
  const { sessions, blobs } = newDesk();
  const { id } = await sessions.open("mine");
  await sessions.save(id, json(LARGE, "a"), 0);
  await sessions.save(id, json(LARGE, "b"), 1);
  blobs.remove = () => {
    throw DENIED;
  };
  expect(await sessions.save(id, json(LARGE, "c"), 2)).toBe(3);
  expect(await sessions.load(id)).toMatchObject({ json: json(LARGE, "c") });
});

test("a state that is refused says why, though its own file cannot be removed", async () => {
  const { sessions, blobs } = newDesk();
  const { id } = await sessions.open("mine");
  await sessions.save(id, "{}", 0);
  blobs.remove = () => {
    throw DENIED;
  };
  await expect(sessions.save(id, json(LARGE), 0)).rejects.toMatchObject({
    code: "VERSION_CONFLICT",
  });
});
