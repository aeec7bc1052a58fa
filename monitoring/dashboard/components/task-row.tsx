/** One row of the task list; drawn anew only if something in it changed. */

import { Component, type VNode } from "preact";
import type { TaskRowView } from "../../api/task-views.ts";
import { navigate } from "../router.ts";
import { TASK_COLUMNS } from "./task-columns.tsx";

interface TaskRowProps {
  readonly row: TaskRowView;
  readonly selected: boolean;
  readonly current: boolean;
  /** null: nothing can be selected. */
  readonly onSelect: ((id: string, range: boolean) => void) | null;
}

export const taskHref = (id: string): string =>
  `/ui/tasks/${encodeURIComponent(id)}`;

export class TaskRow extends Component<TaskRowProps> {
  override shouldComponentUpdate(next: TaskRowProps): boolean {
    const now = this.props;
    return (
      next.row !== now.row ||
      next.selected !== now.selected ||
      next.current !== now.current ||
      (next.onSelect === null) !== (now.onSelect === null)
    );
  }

  #open = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    if (target.closest("a, input, label, .pick") !== null) return;
    if ((window.getSelection()?.toString() ?? "") !== "") return;
    navigate(taskHref(this.props.row.task_id));
  };

  #select = (event: MouseEvent): void => {
    this.props.onSelect?.(this.props.row.task_id, event.shiftKey);
  };

  override render(): VNode {
    const { row, selected, current, onSelect } = this.props;
    return (
      <tr
        tabIndex={-1}
        class={`opens ${selected ? "selected" : ""}`}
        data-testid="task-row"
        data-task={row.task_id}
        data-state={row.state}
        data-current={current}
        onClick={this.#open}
      >
        {onSelect !== null && (
          <td class="pick">
            <input
              type="checkbox"
              aria-label={`Select ${row.title ?? row.kind} ${row.task_id}`}
              checked={selected}
              onClick={this.#select}
            />
          </td>
        )}
        {TASK_COLUMNS.map(({ key, cls, cell }) => (
          <td key={key} class={cls}>
            {cell(row)}
          </td>
        ))}
      </tr>
    );
  }
}
