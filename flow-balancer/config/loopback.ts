/** Names and addresses by which a machine reaches itself and nobody else does. */

export const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;

export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
