import { describe, expect, test } from "bun:test";
import {
  maskedText,
  shownJson,
  shownOutput,
} from "../../flow-balancer/watching/masked-text.ts";

const SECRET = "hunter2-secret9";
const json = (value: unknown) => shownJson(JSON.stringify(value)) ?? "";

describe("masked in what a command is called with:", () => {
  test.each([
    [["mysql", "--password", SECRET]],
    [["tool", "--api-key", SECRET]],
    [["tool", "-token", SECRET, "--verbose"]],
    [["tool", `--client-secret=${SECRET}`]],
    [["curl", "-H", `Authorization: token ${SECRET}`]],
    [["curl", "-H", `Cookie: sid=${SECRET}; a=b`]],
    [["curl", "-H", `X-Auth-Token: ${SECRET}`]],
    [["sh", "-c", `mysql --password ${SECRET}`]],
    [["sh", "-c", `TOKEN='${SECRET}' run`]],
    [["git", "clone", `https://me:${SECRET}@host/x`]],
  ])("%j", (argv) => {
    const text = json({ argv });
    expect(text).not.toContain("hunter2");
    expect(text).toContain("[masked]");
    expect(text).toContain(argv[0]!);
  });

  test("the word after an option alone", () => {
    const argv = ["tool", "--token", SECRET, "--verbose", "file"];
    expect(JSON.parse(json({ argv }))).toEqual({
      argv: ["tool", "--token", "[masked]", "--verbose", "file"],
    });
  });
});

describe("masked by its key:", () => {
  test.each([
    "password",
    "passwords",
    "DB_PASSWORD",
    "MYSQL_PWD",
    "GITHUB_TOKEN",
    "tokens",
    "X-Auth",
    "ssh_key",
    "client_secret",
    "cookies",
  ])("%s", (key) => {
    expect(json({ deep: [{ [key]: SECRET }] })).not.toContain("hunter2");
    expect(json({ deep: [{ [key]: [SECRET] }] })).not.toContain("hunter2");
  });

  test("but neither counts nor folders", () => {
    const value = { max_tokens: 5, tokens: 7, PWD: "/tmp/here" };
    expect(JSON.parse(json(value))).toEqual(value);
  });
});

const KEY = [
  "-----BEGIN OPENSSH PRIVATE KEY-----",
  "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE",
  "QyNTUxOQAAACDX",
  "-----END OPENSSH PRIVATE KEY-----",
].join("\n");

test("masked are whole private keys, and those that were cut", () => {
  for (const text of [
    shownOutput(`before\n${KEY}\nafter`),
    json({ key: `before\n${KEY}\nafter` }),
    maskedText(JSON.stringify(`before\n${KEY}\nafter`)),
    shownOutput(`before\n${KEY.slice(0, 80)}`),
  ]) {
    expect(text).toContain("before");
    expect(text).not.toContain("b3Blbn");
    expect(text).not.toContain("QyNTUx");
  }
  expect(shownOutput(`${KEY}\nafter`)).toContain("after");
});

test.each([
  `npm_${"a1".repeat(18)}`,
  `AIza${"a1B".repeat(11)}xy`,
  `glpat-${"a1".repeat(10)}`,
  `sk_live_${"a1".repeat(12)}`,
  `hf_${"aB".repeat(16)}`,
  `https://hooks.slack.com/services/T000/B000/${"x1".repeat(12)}`,
])("masked is a key of a service by its form: %s", (key) => {
  expect(maskedText(`see ${key} there`)).not.toContain(key.slice(-8));
});

test("masked is also what stands far along a line, wherever that is taken apart", () => {
  for (let at = 4_060; at < 4_110; at++)
    expect(maskedText(`${"x".repeat(at)} password=${SECRET} y`)).not.toContain(
      "hunter2",
    );
});

test("what is no credential stays as it is", () => {
  for (const text of [
    "commit 3f2a9c1 by me, 12 tokens used",
    "the password was changed",
    "see https://host:8080/path?page=2",
    "--tokenizer fast --secretary Ann",
    "cookie monster",
  ])
    expect(maskedText(text)).toBe(text);
});
