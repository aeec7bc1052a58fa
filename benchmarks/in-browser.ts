/**
 * As much of a browser's globals as is used by functions that are sent into a page: this project's own
 * types are those of Bun, which has no pages.
 */

export interface PageElement {
  readonly outerHTML: string;
  readonly protocol: string;
  readonly src: string;
  readonly dataset: Record<string, string | undefined>;
  readonly scrollWidth: number;
  readonly clientWidth: number;
  readonly clientHeight: number;
  scrollTop: number;
}

/** `globalThis as unknown as InBrowser`, inside such a function. */
export interface InBrowser {
  readonly document: {
    readonly body: PageElement;
    readonly documentElement: PageElement;
    readonly scripts: Iterable<PageElement>;
    querySelector(selector: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
  };
  readonly history: { pushState(state: null, title: "", to: string): void };
  readonly PopStateEvent: new (type: string) => object;
  readonly MutationObserver: new (heard: () => void) => {
    observe(of: object, what: object): void;
    disconnect(): void;
  };
  readonly PerformanceObserver: new (
    heard: (list: { getEntries(): { duration: number }[] }) => void,
  ) => { observe(what: { type: "longtask" }): void };
  dispatchEvent(event: object): void;
  /** With the time of the frame, ms since navigation. */
  requestAnimationFrame(then: (at: number) => void): number;
  /** Of a page that notes (dashboard-page.ts). */
  noted: { firstRow?: number; longTasks: number[] };
}
