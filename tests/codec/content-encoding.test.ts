import { expect, test } from "bun:test";
import fc from "fast-check";
import { negotiateEncoding } from "../../flow-balancer/codec/content-encoding.ts";

const OFFERED = ["zstd", "gzip"] as const;
const codingFor = (header: string | null): string =>
  negotiateEncoding(header, OFFERED).coding;

test.each([
  // The examples of RFC 9110, 12.5.3.
  ["compress, gzip", "gzip"],
  ["", "identity"],
  ["*", "zstd"],
  ["compress;q=0.5, gzip;q=1.0", "gzip"],
  ["gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"],
  // What clients send.
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate", "gzip"],
  ["br", "identity"],
  ["identity", "identity"],
  ["X-GZIP", "gzip"],
  // Weights decide, then the server.
  ["zstd;q=0.5, gzip;q=0.6", "gzip"],
  ["gzip, zstd", "zstd"],
  ["gzip;q=0.001", "gzip"],
  ["gzip;q=0.5, identity", "identity"],
  ["gzip;q=0.5, identity;q=0.5", "gzip"],
  ["gzip;q=0", "identity"],
  ["gzip;q=0.000, *", "zstd"],
  ["zstd;q=0, *;q=0.5", "gzip"],
  ["*;q=0", "identity"],
  ["zstd ;Q=0.2\t,, gzip ; q=0.3,", "gzip"],
  // What is no such header.
  ["gzip;q=2", "identity"],
  ["gzip;q=0.1234", "identity"],
  ["gzip;q=1.001", "identity"],
  ["gzip;q=-1", "identity"],
  ["gzip;q", "identity"],
  ["gzip;level=9", "identity"],
  ["gzip;q=1;q=1", "identity"],
  ["gzip zstd", "identity"],
  ["gzip, (zstd)", "identity"],
  ["gzip;q=0.5;", "identity"],
])("%p asks for %s", (header, coding) => {
  expect(codingFor(header)).toBe(coding);
});

test("no header asks for nothing", () => {
  expect(negotiateEncoding(null, OFFERED)).toEqual({
    coding: "identity",
    identityAllowed: true,
  });
});

test.each([
  ["gzip", true],
  ["gzip, identity;q=0", false],
  ["gzip, *;q=0", false],
  ["gzip, *;q=0, identity;q=0.1", true],
  // Nothing that could be sent is allowed: what can be read is sent.
  ["identity;q=0", true],
])("%p allows the plain form: %p", (header, allowed) => {
  expect(negotiateEncoding(header, OFFERED).identityAllowed).toBe(allowed);
});

test("whatever is sent, what is chosen is offered and was not forbidden", () => {
  const element = fc
    .tuple(
      fc.constantFrom("gzip", "zstd", "identity", "*", "br"),
      fc.option(fc.constantFrom("0", "0.0", "0.3", "0.7", "1", "1.0")),
    )
    .map(([name, q]) => ({ name, q }));
  fc.assert(
    fc.property(
      fc.uniqueArray(element, { selector: ({ name }) => name }),
      (elements) => {
        const header = elements
          .map(({ name, q }) => (q === null ? name : `${name};q=${q}`))
          .join(", ");
        const weights = new Map<string, number>(
          elements.map(({ name, q }) => [name, Number(q ?? 1)]),
        );
        const weight = (coding: string): number =>
          weights.get(coding) ?? weights.get("*") ?? 0;
        const chosen = codingFor(header);
        const best = Math.max(...OFFERED.map(weight));
        if (chosen === "identity")
          expect(best === 0 || weight("identity") > best).toBe(true);
        else {
          expect(weight(chosen)).toBe(best);
          expect(best).toBeGreaterThan(0);
        }
      },
    ),
  );
  fc.assert(
    fc.property(fc.string(), (header) => {
      expect(["identity", ...OFFERED]).toContain(codingFor(header));
    }),
  );
});
