/** The page's way to the server's HTTP API: JSON in, JSON out, one kind of error. */

import { basePath } from "./base-path.ts";

/** `offline`: the server could not be reached at all. */
export class ApiFailure extends Error {
  constructor(
    /** HTTP status; 0 where there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    /** What to do about it. */
    readonly hint: string | null,
  ) {
    super(message);
    this.name = "ApiFailure";
  }
}

/** `path` is relative to `<base>/api/v1/`. Throws an ApiFailure. */
export const getJson = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>(path, { signal: signal ?? null });

/** As getJson; `body` is sent as JSON. */
export const postJson = <T>(path: string, body: unknown = {}): Promise<T> =>
  request<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const url = `${basePath}/api/v1/${path}`;
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError")
      throw error;
    throw new ApiFailure(
      0,
      "OFFLINE",
      "The server cannot be reached.",
      "It is tried again by itself; see whether it still runs.",
    );
  }
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as T;
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const said = (await response.json().catch(() => null)) as {
    error?: { code?: string; message?: string; hint?: string | null };
  } | null;
  const unauthorised = response.status === 401;
  return new ApiFailure(
    response.status,
    said?.error?.code ?? `HTTP_${response.status}`,
    said?.error?.message ??
      (unauthorised
        ? "This browser is not signed in."
        : `The server answered ${response.status}.`),
    said?.error?.hint ??
      (unauthorised ? "Open the link that `serve` printed." : null),
  );
}
