import { expect, test } from "bun:test";
import { ClientPatience } from "../flow-balancer/client-patience.ts";
import { newQueue } from "./support/queue-under-test.ts";

const KNOWN_MS = 50_000;

/** Servers of one home. */
function servers() {
  const { env, store } = newQueue();
  const logged: string[] = [];
  const open = () =>
    new ClientPatience({
      env,
      store,
      log: (_, event) => void logged.push(event),
      patienceMs: () => KNOWN_MS,
    });
  const giveUp = (server: ClientPatience, times: number) => {
    for (let time = 0; time < times; time++) {
      env.advance(1_500);
      server.waited("agent", 1_500, true);
    }
  };
  const saved = () => store.commit.drained().then(() => Bun.sleep(0));
  return { env, store, logged, open, giveUp, saved };
}

test("what one server learned, the next one knows", async () => {
  const { logged, open, giveUp, saved } = servers();
  const one = open();
  giveUp(one, 2);
  expect(one.limitMs("agent")).toBe(KNOWN_MS);
  giveUp(one, 1);
  expect(one.limitMs("agent")).toBeLessThan(1_500);
  expect(one.explain("agent")[0]).toContain("instead of 50.0 s");
  await saved();
  expect(open().limitMs("agent")).toBe(one.limitMs("agent"));
  expect(one.limitMs("other")).toBe(KNOWN_MS);
  expect(logged).toEqual([]);
});

test("what servers of one home see adds up, and nothing is counted twice", async () => {
  const { open, giveUp, saved } = servers();
  const [one, two] = [open(), open()];
  expect([one, two].map((it) => it.limitMs("agent"))).toEqual([
    KNOWN_MS,
    KNOWN_MS,
  ]);
  giveUp(one, 1);
  await saved();
  giveUp(two, 1);
  await saved();
  expect(open().explain("agent")[0]).toContain("2 calls given up");
  giveUp(one, 1);
  await saved();
  expect(open().explain("agent")[1]).toContain("3 of the 3 calls");
  expect(one.limitMs("agent")).toBeLessThan(1_500);
});

test("calls that were stopped by one act count once", () => {
  const { env, open } = servers();
  const server = open();
  env.advance(1_500);
  for (let call = 0; call < 10; call++) server.waited("agent", 1_500, true);
  expect(server.limitMs("agent")).toBe(KNOWN_MS);
  expect(server.explain("agent")[0]).toContain("1 call given up");
});

test("of clients that give no name nothing is learned", () => {
  const { env, open } = servers();
  const server = open();
  for (let call = 0; call < 5; call++) {
    env.advance(1_500);
    server.waited(null, 1_500, true);
  }
  expect(server.limitMs(null)).toBe(KNOWN_MS);
  expect(server.explain("")[0]).toContain("0 calls given up");
});

test("what is damaged in the store is said once it is read, and learned again", async () => {
  const { store, logged, open, giveUp, saved } = servers();
  giveUp(open(), 3);
  await saved();
  store.raw.run("UPDATE learned_states SET state = '{\"version\":1}'");
  const server = open();
  expect(server.limitMs("agent")).toBe(KNOWN_MS);
  expect(logged).toEqual(["learned.damaged"]);
  giveUp(server, 3);
  await saved();
  expect(open().limitMs("agent")).toBeLessThan(1_500);
});
