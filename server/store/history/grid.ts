/** Readings of many series on one axis of time: what is read, and what is rolled up, is gathered here. */
import type { Moment } from './codec.ts';

/** Windows of `step` seconds from `begin` on. Where readings meet in a window the largest stays, so peaks are kept. */
export class Grid {
  readonly begin: number;
  readonly step: number;
  readonly windows: number;
  readonly columns: number;
  /** By series: column `c` of window `w` stands at `c * windows + w`; NaN where nothing is known. */
  readonly cells = new Map<number, Float64Array>();

  /** Seconds since the epoch; `end` is not part of it. */
  constructor(begin: number, end: number, step: number, columns: number) {
    this.begin = Math.floor(begin / step) * step;
    this.step = step;
    this.windows = Math.max(0, Math.ceil((end - this.begin) / step));
    this.columns = columns;
  }

  /** Takes in one value; what is unknown or lies outside of the windows is left out. */
  put(series: number, at: number, column: number, value: number): void {
    const window = Math.floor((at - this.begin) / this.step);
    if (Number.isNaN(value) || window < 0 || window >= this.windows) return;
    let cells = this.cells.get(series);
    if (!cells) {
      cells = new Float64Array(this.windows * this.columns).fill(Number.NaN);
      this.cells.set(series, cells);
    }
    const cell = column * this.windows + window;
    // Written so that NaN, which is smaller than nothing, gives way.
    if (!((cells[cell] as number) >= value)) cells[cell] = value;
  }

  /** Takes in all series of a moment, or those of `only`. */
  putMoment(at: number, moment: Moment, only?: ReadonlySet<number>): void {
    moment.ids.forEach((id, row) => {
      if (only && !only.has(id)) return;
      for (let column = 0; column < this.columns; column++) {
        this.put(id, at, column, moment.value(column * moment.ids.length + row));
      }
    });
  }

  /** One window of all series as a moment. */
  moment(window: number): Moment {
    const ids = Uint32Array.from([...this.cells.keys()].sort((a, b) => a - b));
    return {
      ids,
      value: (cell) => {
        const id = ids[cell % ids.length] as number;
        const column = Math.floor(cell / ids.length);
        return this.cells.get(id)?.[column * this.windows + window] ?? Number.NaN;
      },
    };
  }
}
