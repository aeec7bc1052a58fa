/** What a chart shows, for those who don't see it: newest, lowest and highest value of each line, and what changed when. */

import { absolute } from "../format.ts";
import type { Mark } from "./chart-marks.ts";
import { type ChartSeries, summarise } from "./chart-text.ts";

interface ChartTwinProps {
  readonly title: string;
  readonly series: readonly ChartSeries[];
  readonly marks: readonly Mark[];
  readonly say: (value: number | null) => string;
}

export function ChartTwin({ title, series, marks, say }: ChartTwinProps) {
  return (
    <div class="hidden-text">
      <table>
        <caption>{title}, in numbers</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Newest</th>
            <th scope="col">Lowest</th>
            <th scope="col">Highest</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => {
            const { newest, lowest, highest } = summarise(one.values);
            return (
              <tr key={one.label}>
                <th scope="row">{one.label}</th>
                <td>{say(newest)}</td>
                <td>{say(lowest)}</td>
                <td>{say(highest)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {marks.length > 0 && (
        <ul aria-label={`${title}: what changed`}>
          {marks.map(({ at, label }) => (
            <li key={`${at} ${label}`}>
              {absolute(at)}: {label}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
