import { expect, test } from "bun:test";
import { PLAIN_TERMS } from "../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import { LiveTask } from "../flow-balancer/live-task.ts";

const live = (maxOutputChars: number) =>
  new LiveTask({} as TaskRecord, PLAIN_TERMS, maxOutputChars);

test("of what a task prints no more is kept than was agreed, however it comes", () => {
  const task = live(5);
  expect(task.output()).toBeNull();
  task.printed("abc", 3);
  expect(task.output()).toEqual({
    text: "abc",
    bytesSeen: 3,
    truncated: false,
  });
  task.printed("defg", 4);
  task.printed("hij", 3);
  expect(task.output()).toEqual({
    text: "abcde",
    bytesSeen: 10,
    truncated: true,
  });
});
