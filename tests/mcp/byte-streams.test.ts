import { expect, test } from "bun:test";
import { join } from "node:path";

const CHILD = join(import.meta.dir, "children/echo-streams.ts");

const start = (times: number) =>
  Bun.spawn([process.execPath, CHILD, String(times)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });

test("what is written is read, and the end of stdin is told", async () => {
  const child = start(1);
  child.stdin.write("one\ntwo\n");
  await child.stdin.end();
  expect(await child.stdout.text()).toBe("one\ntwo\n");
  expect(await child.stderr.text()).toContain("ended, all taken");
});

test("a stdin that is closed from the start ends as well", async () => {
  const child = start(1);
  await child.stdin.end();
  expect(await child.stderr.text()).toBe("ended, all taken\n");
  expect(await child.exited).toBe(0);
});

test("what a slow reader does not take is held back, said, and lost nowhere", async () => {
  const line = `${"x".repeat(9_999)}\n`;
  const child = start(200);
  child.stdin.write(line);
  await child.stdin.flush();
  const said = child.stderr.getReader();
  const first = await said.read();
  expect(new TextDecoder().decode(first.value)).toBe("held back\n");
  await child.stdin.end();
  const text = await child.stdout.text();
  expect(text.length).toBe(200 * line.length);
  expect(text.replaceAll(line, "")).toBe("");
  expect(await child.exited).toBe(0);
});

test("a reader that is gone is told once, as an error and as the end", async () => {
  const child = start(200);
  await child.stdout.cancel();
  child.stdin.write(`${"x".repeat(9_999)}\n`);
  await child.stdin.flush();
  const said = await child.stderr.text();
  expect(said.replaceAll("held back\n", "")).toBe("error EPIPE\nclosed\n");
  expect(await child.exited).toBe(0);
});
