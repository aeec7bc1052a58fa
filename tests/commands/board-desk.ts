/** A board in a home of its own, as the commands of `tasks` are given it: in this process, with a clock that stands still. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SqliteBoard } from "../../flow-balancer/board/sqlite-board.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { tasksAdd } from "../../flow-balancer/store-commands/tasks-add.ts";
import { tasksClaim } from "../../flow-balancer/store-commands/tasks-claim.ts";
import { suggestWork } from "../../orchestrator/routing/suggest-work.ts";
import { tasksShow } from "../../flow-balancer/store-commands/tasks-show.ts";
import { StoredHome } from "./stored-home.ts";

export class BoardDesk implements Disposable {
  readonly stored = new StoredHome();
  readonly where = this.stored.where;
  readonly ada = { as: "ada" };

  constructor() {
    mkdirSync(join(this.stored.folder, ".git"));
  }

  async add(title: string, options: object = {}, argv: string[] = []) {
    const given = { ...this.ada, ...options };
    return (await tasksAdd([title], argv, given, this.where)).data;
  }

  async claim(options: object = this.ada, id?: string) {
    return tasksClaim(id, options, this.where);
  }

  /** As a server does for scripts. */
  async offerToScripts(): Promise<void> {
    const { path, env } = this.stored;
    const store = openStore(path, "normal", env);
    const board = new SqliteBoard({
      store,
      queue: new SqliteQueue(store, env),
      env,
      suggest: suggestWork,
      checkCommand: async () => ({ ok: false, seen: "" }),
      home: this.stored.home,
      root: this.stored.folder,
      capacity: 30,
      leaseMs: 60_000,
      withdraw: null,
    });
    await board.offer(10, null, 60_000);
    await closeStore(store);
  }

  async show(id: string) {
    return JSON.parse((await tasksShow(id, this.where, "json")).data);
  }

  [Symbol.dispose](): void {
    this.stored[Symbol.dispose]();
  }
}
