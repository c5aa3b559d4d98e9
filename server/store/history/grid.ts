/** Readings of many series on one axis of time: what is read, and what is rolled up, is gathered here. */
import type { Moment } from './codec.ts';

/** Windows of `step` seconds from `begin` on. Where readings meet in a window the largest stays, so peaks are kept. */
export class Grid {
  readonly begin: number;
  readonly step: number;
  readonly windows: number;
  readonly columns: number;
  /** By series: column `c` of window `w` stands at `c * windows + w`; NaN where nothing is known. */
  readonly cells = new Map<number, Float32Array>();

  /** Seconds since the epoch; `end` is not part of it. */
  constructor(begin: number, end: number, step: number, columns: number) {
    this.begin = Math.floor(begin / step) * step;
    this.step = step;
    this.windows = Math.max(0, Math.ceil((end - this.begin) / step));
    this.columns = columns;
  }

  /** Takes in all series of a moment, or those of `only`. */
  putMoment(at: number, moment: Moment, only?: ReadonlySet<number>): void {
    const window = Math.floor((at - this.begin) / this.step);
    if (window < 0 || window >= this.windows) return;
    const { ids, values } = moment;
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row] as number;
      if (only && !only.has(id)) continue;
      const cells = this.#cellsOf(id);
      for (let column = 0; column < this.columns; column++) {
        keepLargest(cells, column * this.windows + window, values[column * ids.length + row] as number);
      }
    }
  }

  /** Takes in one series' readings, `step` seconds apart from `at` on, column after column. */
  putSeries(series: number, at: number, step: number, values: ArrayLike<number>): void {
    const cells = this.#cellsOf(series);
    const slots = values.length / this.columns;
    for (let slot = 0; slot < slots; slot++) {
      const window = Math.floor((at + slot * step - this.begin) / this.step);
      if (window < 0 || window >= this.windows) continue;
      for (let column = 0; column < this.columns; column++) {
        keepLargest(cells, column * this.windows + window, values[column * slots + slot] as number);
      }
    }
  }

  /** One window of all series as a moment. */
  moment(window: number): Moment {
    const ids = Uint32Array.from([...this.cells.keys()].sort((a, b) => a - b));
    const values = new Float32Array(ids.length * this.columns);
    ids.forEach((id, row) => {
      const cells = this.#cellsOf(id);
      for (let column = 0; column < this.columns; column++) {
        values[column * ids.length + row] = cells[column * this.windows + window] as number;
      }
    });
    return { ids, values };
  }

  #cellsOf(series: number): Float32Array {
    let cells = this.cells.get(series);
    if (!cells) {
      cells = new Float32Array(this.windows * this.columns).fill(Number.NaN);
      this.cells.set(series, cells);
    }
    return cells;
  }
}

/** Unknown (NaN) gives way to any value, and is never put over one. */
function keepLargest(cells: Float32Array, cell: number, value: number): void {
  if (!Number.isNaN(value) && !((cells[cell] as number) >= value)) cells[cell] = value;
}
