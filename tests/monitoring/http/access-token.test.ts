import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BalancerError } from "../../../flow-balancer/core/errors.ts";
import {
  accessToken,
  tokenFile,
} from "../../../monitoring/http/access-token.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "token-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const refusalCode = (): string => {
  try {
    accessToken(home);
  } catch (error) {
    if (error instanceof BalancerError) return error.code;
    throw error;
  }
  return "none";
};

test("a token is made once, of 32 random bytes, for the user alone", () => {
  const token = accessToken(home);
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
  expect(statSync(tokenFile(home)).mode & 0o777).toBe(0o600);
  expect(accessToken(home)).toBe(token);
  expect(readFileSync(tokenFile(home), "utf8")).toBe(`${token}\n`);
  expect(readdirSync(home)).toEqual(["http-token"]);
});

test("servers that start at once share one", async () => {
  const script = `import { accessToken } from ${JSON.stringify(join(import.meta.dir, "../../../monitoring/http/access-token.ts"))}; process.stdout.write(accessToken(${JSON.stringify(home)}));`;
  const servers = Array.from({ length: 6 }, () =>
    Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" }),
  );
  const tokens = await Promise.all(
    servers.map((it) => new Response(it.stdout).text()),
  );
  expect(tokens[0]).toHaveLength(43);
  expect(new Set(tokens).size).toBe(1);
  expect(readdirSync(home)).toEqual(["http-token"]);
});

test("a user's own is taken as it is", () => {
  writeFileSync(tokenFile(home), `  ${"own-".repeat(10)}\n`, { mode: 0o600 });
  expect(accessToken(home)).toBe("own-".repeat(10));
});

describe("a file is refused that", () => {
  test.each([0o644, 0o640, 0o604, 0o620, 0o601])(
    "others can use (%o)",
    (mode) => {
      accessToken(home);
      chmodSync(tokenFile(home), mode);
      expect(refusalCode()).toBe("UNSAFE_PERMISSIONS");
    },
  );
  test("is a link, or no file", () => {
    writeFileSync(join(home, "elsewhere"), "x".repeat(40), { mode: 0o600 });
    symlinkSync(join(home, "elsewhere"), tokenFile(home));
    expect(refusalCode()).toBe("UNSAFE_PERMISSIONS");
    rmSync(tokenFile(home));
    mkdirSync(tokenFile(home), { mode: 0o700 });
    expect(refusalCode()).toBe("UNSAFE_PERMISSIONS");
  });
  test.each([
    "",
    "short",
    "two words of a sentence that is long enough",
    "x".repeat(600),
  ])("holds no token: %j", (text) => {
    writeFileSync(tokenFile(home), text, { mode: 0o600 });
    expect(refusalCode()).toBe("INVALID_CONFIG");
  });
  test("cannot be made", () => {
    rmSync(home, { recursive: true });
    expect(refusalCode()).toBe("STORAGE_FAILED");
  });
});
