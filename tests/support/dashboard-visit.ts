/**
 * One browser tab on the dashboard, signed in by the server's one-time link, that notes all that should not
 * be: errors on the console and in the page, dialogs, and requests to any other host.
 */

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { InBrowser } from "../../benchmarks/in-browser.ts";
import type { DashboardServer } from "./dashboard-server.ts";
import { HANG_MS } from "./until.ts";

const ARTEFACTS = join(import.meta.dir, "../artefacts");

export interface VisitOptions {
  readonly width?: 1440 | 390;
}

export class DashboardVisit implements AsyncDisposable {
  /** What went wrong, one line each. */
  readonly complaints: string[] = [];
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #server: DashboardServer;

  private constructor(
    server: DashboardServer,
    context: BrowserContext,
    page: Page,
  ) {
    this.#server = server;
    this.context = context;
    this.page = page;
    const note = (what: string) => void this.complaints.push(what);
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => note(`page: ${error.stack ?? error}`));
    page.on("dialog", (dialog) => {
      note(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== server.origin)
        note(`request: ${url}`);
    });
  }

  static async open(
    browser: Browser,
    server: DashboardServer,
    { width = 1440 }: VisitOptions = {},
  ): Promise<DashboardVisit> {
    const context = await browser.newContext({
      reducedMotion: "reduce",
      viewport: { width, height: width === 390 ? 844 : 900 },
      isMobile: width === 390,
      hasTouch: width === 390,
    });
    context.setDefaultTimeout(HANG_MS);
    return new DashboardVisit(server, context, await context.newPage());
  }

  /** By the link, which is used up by it. */
  async signIn(): Promise<void> {
    await this.page.goto(this.#server.link);
    await this.page.waitForURL(`${this.#server.origin}/`);
    await this.is("connection", "live");
  }

  /** By the form, with the home's token. */
  async signInByToken(): Promise<void> {
    await this.goto("/login");
    const token = this.#server.bearer.Authorization.replace("Bearer ", "");
    await this.page.getByLabel("Token").fill(token);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.waitForURL(`${this.#server.origin}/`);
    await this.isLoaded();
  }

  /** Nothing that is on show is still awaited. */
  async isLoaded(): Promise<void> {
    await this.is("connection", "live");
    await this.page.waitForFunction(
      () =>
        (globalThis as unknown as InBrowser).document.querySelector(
          ".loading",
        ) === null,
    );
    // What came is drawn with the next frame.
    await this.page.evaluate(() => {
      const page = globalThis as unknown as InBrowser;
      return new Promise((resolve) => {
        page.requestAnimationFrame(() => page.requestAnimationFrame(resolve));
      });
    });
  }

  /** To an address of the dashboard, as "/ui/tasks", by loading it. */
  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.#server.origin}${path}`);
  }

  /** To an address as the browser's own buttons go to it, without loading anything. */
  async turnTo(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      const page = globalThis as unknown as InBrowser;
      page.history.pushState(null, "", to);
      page.dispatchEvent(new page.PopStateEvent("popstate"));
    }, path);
  }

  /** To a page by its link in the menu, without loading anything. */
  async show(name: string): Promise<void> {
    await this.page.getByTestId(`nav-${name}`).click();
  }

  /** Waits until the element with the test id says it. */
  async is(testId: string, text: string | RegExp): Promise<void> {
    await this.page
      .getByTestId(testId)
      .filter({ hasText: text })
      .first()
      .waitFor();
  }

  text(testId: string): Promise<string> {
    return this.page.getByTestId(testId).first().innerText();
  }

  /** What a browser has to say of a server that is not there. */
  forgive(pattern: RegExp): void {
    const left = this.complaints.filter((it) => !pattern.test(it));
    this.complaints.splice(0, Number.POSITIVE_INFINITY, ...left);
  }

  /** Kept as tests/artefacts/<name>.png. */
  async picture(name: string, fullPage = false): Promise<void> {
    const path = join(ARTEFACTS, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path, fullPage });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
