/**
 * Requests that a browser sends for a page that is not ours. Any page can make it send requests to 127.0.0.1, and a
 * name of its own can be made to lead there; the Host, Origin and Sec-Fetch-* headers, which pages cannot forge, tell.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { HttpSettings } from "./http-ports.ts";
import type { Visitor } from "./access.ts";

type Known = Pick<HttpSettings, "hostnames" | "origins">;

const HOST = /^(\[[\da-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws FOREIGN_REQUEST. Programs send no Origin. */
export function refuseForeign(
  { method, headers }: Request,
  known: Known,
): void {
  const host = headers.get("host")?.toLowerCase() ?? "";
  const [, hostname] = HOST.exec(host) ?? [];
  if (hostname === undefined || !known.hostnames.includes(hostname))
    throw foreign(
      "the Host header names no host of this server",
      `It serves ${known.hostnames.join(", ")}; add others with http.hostnames.`,
    );
  const origin = headers.get("origin");
  if (origin !== null) {
    if (isOwnOrigin(origin, host) || known.origins.includes(origin)) return;
    throw foreign("pages of another origin are not served", ALLOW_ORIGIN);
  }
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site === "same-origin" || site === "none") return;
  // A link that somebody followed: it shows a page of ours, and brings no cookie along.
  const isFollowedLink =
    (method === "GET" || method === "HEAD") &&
    headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
  if (!isFollowedLink)
    throw foreign("pages of another site are not served", ALLOW_ORIGIN);
}

/** A cookie comes by itself, so a change asked for with one has to come from a page of ours. Throws FOREIGN_REQUEST. */
export function refuseForged(
  { method, headers }: Request,
  visitor: Visitor,
): void {
  if (visitor !== "dashboard" || SAFE_METHODS.has(method)) return;
  const host = headers.get("host")?.toLowerCase() ?? "";
  if (isOwnOrigin(headers.get("origin") ?? "", host)) return;
  if (headers.get("sec-fetch-site") === "same-origin") return;
  throw foreign(
    "a change with the cookie must come from the dashboard",
    "Programs send the token instead: Authorization: Bearer <token>.",
  );
}

/** `origin` if its pages are let in by name; they need to be told so. */
export function allowedOrigin(
  { headers }: Request,
  { origins }: Known,
): string | null {
  const origin = headers.get("origin");
  return origin !== null && origins.includes(origin) ? origin : null;
}

/** Of TLS that a proxy in front of us ends, too. */
const isOwnOrigin = (origin: string, host: string): boolean =>
  origin === `http://${host}` || origin === `https://${host}`;

const ALLOW_ORIGIN = "Add an origin with http.origins if its pages may call.";

const foreign = (message: string, hint: string): BalancerError =>
  new BalancerError("FOREIGN_REQUEST", message, { hint });
