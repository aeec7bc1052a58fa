/**
 * Who may: a program with the home's token, or a browser with a cookie, which it gets for a code that works once.
 * The cookie is made of the token, so it is good with every server of the home and dies with the token.
 */

import {
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";

/** Who asked, as the audit log has it. */
export type Visitor = "api" | "dashboard";

const CODE_LIFE_MS = 600_000;
const MAX_CODES = 16;
const COOKIE_LIFE_S = 604_800;
/** Wrong ones in a window, of all clients together: a right one is never held up by them. */
const MAX_WRONG = 10;
const WINDOW_MS = 60_000;

export interface AccessOptions {
  readonly token: string;
  readonly env: Pick<Env, "now" | "mono">;
  /** "" or a path as "/flow": the cookie is sent there only. */
  readonly basePath: string;
}

export class Access {
  readonly #token: string;
  readonly #env: AccessOptions["env"];
  readonly #path: string;
  readonly #cookieName: string;
  /** By their hash, until when (mono). */
  readonly #codes = new Map<string, number>();
  #wrong = 0;
  #windowEnd = 0;

  constructor({ token, env, basePath }: AccessOptions) {
    this.#token = token;
    this.#env = env;
    this.#path = basePath === "" ? "/" : basePath;
    // A browser keeps the cookies of all ports of a host together: each home has a name of its own.
    this.#cookieName = `flow-balancer-${digest(`name|${token}`).toString("hex").slice(0, 8)}`;
  }

  /** Throws UNAUTHORIZED; TOO_MANY_ATTEMPTS once many tokens were wrong. */
  visitor(headers: Headers): Visitor {
    const bearer = /^bearer +(\S+) *$/i.exec(
      headers.get("authorization") ?? "",
    );
    if (bearer !== null) {
      if (this.isToken(bearer[1] ?? "")) return "api";
      throw this.#refuse("the token is wrong");
    }
    if (this.#hasCookie(headers.get("cookie") ?? "")) return "dashboard";
    throw unauthorized("a token is needed");
  }

  isToken(given: string): boolean {
    // Of one length whatever was given.
    return timingSafeEqual(digest(given), digest(this.#token));
  }

  /** For a link: works once, within ten minutes. */
  newCode(): string {
    const code = randomBytes(16).toString("base64url");
    this.#dropOldCodes();
    if (this.#codes.size >= MAX_CODES)
      for (const oldest of [...this.#codes.keys()].slice(0, 1))
        this.#codes.delete(oldest);
    this.#codes.set(keyOf(code), this.#env.mono() + CODE_LIFE_MS);
    return code;
  }

  /** The Set-Cookie header that a code buys. Throws as `visitor` does. */
  redeemCode(code: string): string {
    this.#dropOldCodes();
    if (this.#codes.delete(keyOf(code))) return this.#cookie();
    throw this.#refuse(
      "the link was used already, or is older than 10 minutes",
    );
  }

  /** The same for the token itself. */
  redeemToken(token: string): string {
    if (this.isToken(token)) return this.#cookie();
    throw this.#refuse("the token is wrong");
  }

  #cookie(): string {
    const expires = Math.floor(this.#env.now() / 1_000) + COOKIE_LIFE_S;
    return `${this.#cookieName}=${this.#cookieValue(expires)}; Path=${this.#path}; Max-Age=${COOKIE_LIFE_S}; HttpOnly; SameSite=Strict`;
  }

  #cookieValue(expires: number): string {
    const mac = createHmac("sha256", this.#token).update(`cookie|${expires}`);
    return `${expires}.${mac.digest("base64url")}`;
  }

  #hasCookie(header: string): boolean {
    for (const part of header.split(";")) {
      const [name, value = ""] = part.trim().split("=", 2);
      if (name !== this.#cookieName) continue;
      const expires = Number(/^(\d{1,12})\./.exec(value)?.[1] ?? Number.NaN);
      if (!(expires * 1_000 > this.#env.now())) continue;
      if (timingSafeEqual(digest(value), digest(this.#cookieValue(expires))))
        return true;
    }
    return false;
  }

  #dropOldCodes(): void {
    for (const [code, until] of this.#codes)
      if (until <= this.#env.mono()) this.#codes.delete(code);
  }

  /** Counts it. */
  #refuse(message: string): BalancerError {
    const now = this.#env.mono();
    if (now >= this.#windowEnd) {
      this.#wrong = 0;
      this.#windowEnd = now + WINDOW_MS;
    }
    this.#wrong++;
    if (this.#wrong <= MAX_WRONG) return unauthorized(message);
    return new BalancerError(
      "TOO_MANY_ATTEMPTS",
      `${MAX_WRONG} tokens were wrong within a minute`,
      { hint: HOW_TO, retryAfterMs: this.#windowEnd - now },
    );
  }
}

const HOW_TO =
  "Send 'Authorization: Bearer <token>', the token being in the file http-token of the server's home; in a browser open the link that the server printed when it started.";

const unauthorized = (message: string): BalancerError =>
  new BalancerError("UNAUTHORIZED", message, { hint: HOW_TO });

const digest = (text: string): Buffer =>
  createHash("sha256").update(text).digest();

const keyOf = (code: string): string => digest(code).toString("base64");
