import { expect, test } from "bun:test";
import { effectiveConfig } from "../../flow-balancer/config/effective-config.ts";
import { ConfigDesk, refusal } from "./config-desk.ts";

test("alerts are on, by the limits of their rules, and call nobody", () => {
  using desk = new ConfigDesk();
  expect(desk.load().alerts).toEqual({
    enabled: "on",
    rules: {},
    command: [],
    webhook: null,
  });
});

test("a project changes single rules and hooks of the user's", () => {
  using desk = new ConfigDesk();
  desk.userFile(
    '[alerts]\ncommand = ["notify-send", "--urgent"]\n[alerts.rules.disk]\nthreshold = 1000\nclear = 2000\n',
  );
  desk.projectFile(
    '[alerts]\nwebhook = "http://localhost:9/x"\n[alerts.rules.error_rate]\nthreshold = 0.5\nhold_ms = 0\n',
  );
  expect(
    desk.load({ env: { FLOW_BALANCER_ALERTS_ENABLED: "off" } }).alerts,
  ).toEqual({
    enabled: "off",
    command: ["notify-send", "--urgent"],
    webhook: "http://localhost:9/x",
    rules: {
      disk: { threshold: 1_000, clear: 2_000, holdMs: null },
      error_rate: { threshold: 0.5, clear: null, holdMs: 0 },
    },
  });
});

test("what is shown of hooks has no secret in it", () => {
  using desk = new ConfigDesk();
  desk.projectFile(
    '[alerts]\nwebhook = "https://user:pa55@hooks.example/T0/s3cret?key=s3cret"\ncommand = ["curl", "-H", "token: s3cret"]\n',
  );
  const shown = JSON.stringify(effectiveConfig(desk.load()));
  expect(shown).not.toMatch(/s3cret|pa55/);
  expect(shown).toContain('"value":"https://hooks.example/..."');
  expect(shown).toContain('"value":["curl","..."]');
});

test.each([
  ['webhook = "ftp://example.org/x"', "must be a URL of http or https"],
  ['webhook = "http://"', "must be a URL of http or https"],
  ["command = []", "must be a list: the program and its arguments"],
  ["enabled = true", 'must be one of "on", "off", got true'],
  [
    "[alerts.rules.error_rat]\nthreshold = 1",
    'must be one of "error_rate", "wait_p95"',
  ],
  [
    "[alerts.rules.disk]\ntreshold = 1",
    "did you mean 'alerts.rules.disk.threshold'?",
  ],
  [
    "[alerts.rules.disk]\nthreshold = 5\nclear = 4",
    "'alerts.rules.disk.clear' must clear at more than it fires at (5), got 4",
  ],
  [
    "[alerts.rules.wait_p95]\nclear = 5000",
    "'alerts.rules.wait_p95.clear' must clear at less than it fires at (5000), got 5000",
  ],
  [
    "[alerts.rules.wait_p95]\nthreshold = 0",
    "'alerts.rules.wait_p95.threshold' must clear at less than it fires at (0), got 0",
  ],
])("%s is refused", (text, says) => {
  using desk = new ConfigDesk();
  desk.projectFile(`[alerts]\n${text}\n`);
  const { code, message } = refusal(() => desk.load());
  expect(code).toBe("INVALID_CONFIG");
  expect(message).toContain(says);
});
