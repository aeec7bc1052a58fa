import { expect, test } from "bun:test";
import { takeHttpFlag } from "../flow-balancer/http-flag.ts";

test.each([
  [[], false, []],
  [["--http"], true, []],
  [["--http", "0"], true, ["--http-port", "0"]],
  [["--http=7400"], true, ["--http-port", "7400"]],
  [["--http", "--port", "1"], true, ["--port", "1"]],
  [["--pool-max-workers", "2", "--http"], true, ["--pool-max-workers", "2"]],
  [["--http-port", "1"], false, ["--http-port", "1"]],
  // What is no port is for the settings to refuse.
  [["--http=x"], true, ["--http-port", "x"]],
])("%j", (words, isGiven, argv) => {
  expect(takeHttpFlag(words)).toEqual({ isGiven, argv });
});
