/** However often it is asked, it acts twice a second at most, and not while nobody looks. */

import { describe, expect, test } from "bun:test";
import { Pacer } from "../../../monitoring/dashboard/components/pacer.ts";

function setUp() {
  let now = 0;
  let timers: { at: number; act: () => void }[] = [];
  const acted: number[] = [];
  const page = { hidden: false };
  const pacer = new Pacer(() => acted.push(now), 500, {
    now: () => now,
    later: (then, ms) => {
      const timer = { at: now + ms, act: then };
      timers.push(timer);
      return () => {
        timers = timers.filter((it) => it !== timer);
      };
    },
    hidden: () => page.hidden,
  });
  const advance = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const due = timers
        .filter((it) => it.at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((it) => it !== due);
      now = due.at;
      due.act();
    }
    now = end;
  };
  return { pacer, acted, page, advance, waiting: () => timers.length };
}

describe("a pacer", () => {
  test("acts at once the first time", () => {
    const { pacer, acted } = setUp();
    pacer.ask();
    expect(acted).toEqual([0]);
  });

  test("200 asks in a second are three acts: at its begin, middle and end", () => {
    const { pacer, acted, advance } = setUp();
    for (let i = 0; i < 200; i += 1) {
      pacer.ask();
      advance(5);
    }
    expect(acted).toEqual([0, 500, 1000]);
  });

  test("asks nothing of the clock when nothing changed", () => {
    const { pacer, acted, advance, waiting } = setUp();
    pacer.ask();
    advance(5000);
    expect(acted).toEqual([0]);
    expect(waiting()).toBe(0);
  });

  test("does nothing while the page is hidden, and once when it is shown again", () => {
    const { pacer, acted, page, advance } = setUp();
    pacer.ask();
    page.hidden = true;
    for (let i = 0; i < 20; i += 1) {
      pacer.ask();
      advance(400);
    }
    expect(acted).toEqual([0]);
    page.hidden = false;
    pacer.visibilityChanged();
    expect(acted).toEqual([0, 8000]);
    pacer.visibilityChanged();
    advance(1000);
    expect(acted).toEqual([0, 8000]);
  });

  test("closed, it acts no more", () => {
    const { pacer, acted, advance, waiting } = setUp();
    pacer.ask();
    pacer.ask();
    pacer.close();
    advance(1000);
    expect(acted).toEqual([0]);
    expect(waiting()).toBe(0);
  });
});
