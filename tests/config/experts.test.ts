import { afterEach, beforeEach, expect, test } from "bun:test";
import { effectiveConfig } from "../../flow-balancer/config/effective-config.ts";
import { ConfigDesk, refusal } from "./config-desk.ts";

let desk: ConfigDesk;
beforeEach(() => {
  desk = new ConfigDesk();
});
afterEach(() => desk[Symbol.dispose]());

const KIND = "[kinds.small]\nmodule = 'small.ts'\n";
const GOOD = `${KIND}
[[experts]]
name = "small"
kinds = ["ask", "tell"]
task = "small"
input = { model = "s-1", depth = 2 }
cost = 0.5

[[experts]]
name = "tool/x:1"
kinds = ["ask"]
command = ["tool", "--ask"]
capabilities = ["write"]
`;

test("experts are read with how they run, what they cost and can do", () => {
  desk.projectFile(GOOD);
  expect(desk.load().experts).toEqual([
    {
      name: "small",
      kinds: ["ask", "tell"],
      run: { kind: "small", input: { model: "s-1", depth: 2 } },
      cost: 0.5,
      capabilities: [],
    },
    {
      name: "tool/x:1",
      kinds: ["ask"],
      run: {
        kind: "shell",
        input: { argv: ["tool", "--ask"] },
        readsStdin: true,
      },
      cost: 0,
      capabilities: ["write"],
    },
  ]);
});

test("there are none unless somebody says so; a project's replace the user's", () => {
  expect(desk.load().experts).toEqual([]);
  desk.userFile("[[experts]]\nname='a'\nkinds=['k']\ntask='shell'\n");
  expect(desk.load().experts.map(({ name }) => name)).toEqual(["a"]);
  desk.projectFile("[[experts]]\nname='b'\nkinds=['k']\ntask='shell'\n");
  expect(desk.load().experts.map(({ name }) => name)).toEqual(["b"]);
});

test("what is in force is shown with where it stands", () => {
  const path = desk.projectFile(GOOD);
  const { settings } = effectiveConfig(desk.load()) as unknown as {
    settings: Record<string, { value: unknown; origin: string }>;
  };
  expect(settings["experts"]!.origin).toBe(`${path}:4`);
  expect(settings["routing.second_cost"]).toEqual({
    value: 0,
    origin: "default",
  });
});

test("what success is worth is a number, from a file, a variable or a flag", () => {
  desk.projectFile("[routing]\nsuccess_worth = 2.5\nsecond_cost = 1\n");
  expect(desk.load().routing).toEqual({ successWorth: 2.5, secondCost: 1 });
  const { routing } = desk.load({
    flags: { "--routing-second-cost": "0.25" },
    env: { FLOW_BALANCER_ROUTING_SUCCESS_WORTH: "1e3" },
  });
  expect(routing).toEqual({ successWorth: 1_000, secondCost: 0.25 });
  expect(
    refusal(() => desk.load({ flags: { "--routing-second-cost": "cheap" } }))
      .message,
  ).toContain('must be a number, 0..1000000000000, got "cheap"');
});

test.each([
  [
    `${KIND}[[experts]]\nname = 'a'\nkinds = ['small']\ntask = 'small'`,
    3,
    "runs as 'small', which experts serve",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['shell']\ncommand = ['x']",
    1,
    "runs as 'shell', which experts serve",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['k']",
    1,
    "key 'experts' (a) must have either task (a kind) or command (a list)",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['k']\ntask = 'shell'\ncommand = ['x']",
    1,
    "must have either task",
  ],
  [
    `${KIND}[[experts]]\nname = 'a'\nkinds = ['k']\ntask = 'smal'`,
    3,
    "runs as 'smal', and there is no such kind; did you mean 'small'?: add [kinds.smal]",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['k']\ntask = 'shell'\n[[experts]]\nname = 'a'\nkinds = ['k']\ntask = 'shell'",
    5,
    "(a) has the name of another expert",
  ],
  [
    "[[experts]]\nname = 'a b'\nkinds = ['k']\ntask = 'shell'",
    2,
    "key 'experts.0.name' must be a name of letters",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = []\ntask = 'shell'",
    3,
    "must be a list of at least one kind of task",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['k']\ntask = 'shell'\n[[experts]]\nname = 'b'\nkinds = ['k']\ntask = 'shell'\ncost = -1",
    9,
    "key 'experts.1.cost' must be a number, 0..1000000000000, got -1",
  ],
  [
    "[[experts]]\nname = 'a'\nkinds = ['k']\ncomand = ['x']",
    4,
    "is unknown; did you mean 'experts.0.command'?",
  ],
  ["[experts]\nname = 'a'", 1, "key 'experts' must be tables of experts"],
])("%j is refused at its line", (text, line, says) => {
  const path = desk.projectFile(text);
  const { code, message } = refusal(() => desk.load());
  expect(code).toBe("INVALID_CONFIG");
  expect(message).toStartWith(`${path}:${line}: `);
  expect(message).toContain(says);
});
