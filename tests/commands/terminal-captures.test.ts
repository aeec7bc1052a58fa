import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { linesOf, Pty } from "./pty.ts";
import { makeShownHome } from "./shown-home.ts";
import type { StoredHome } from "./stored-home.ts";
import { afternoon, ALL, CAPTURES, comparable } from "./terminal-captures.ts";

let home: StoredHome<Env>;

beforeAll(async () => {
  home = await makeShownHome();
});
afterAll(() => home[Symbol.dispose]());

describe("the pictures of the terminal in the documentation", () => {
  test("are these and no others", () => {
    expect(readdirSync(CAPTURES).toSorted()).toEqual(
      ALL.map(({ file }) => `${file}.txt`).toSorted(),
    );
  });

  test.each(ALL)(
    "$file is what the command prints",
    async ({ file, args, cols, rows, keys, shows }) => {
      const env = {
        FLOW_BALANCER_HOME: home.home,
        HOME: home.folder,
        TZ: afternoon(new Date()),
      };
      await using pty = new Pty(args, { cols, rows }, env);
      let printed: string[];
      if (keys === undefined) {
        await pty.ended();
        printed = linesOf(pty.text);
      } else {
        await pty.shows("quit");
        pty.type(keys);
        printed = await pty.shows(shows ?? "");
      }
      const [command, ...lines] = readFileSync(
        join(CAPTURES, `${file}.txt`),
        "utf8",
      ).split("\n");
      expect(command).toBe(`$ flow-balancer ${args.join(" ")}`);
      expect(comparable(printed.join("\n"))).toBe(comparable(lines.join("\n")));
    },
  );
});
