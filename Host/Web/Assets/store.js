// What a page knows of its dashboard: the stream's snapshots and deltas make it. No DOM here.

/// A panel: {columns: [{title, kind}], note, rows: [{key, cells: [{text, value, shade}], status: {word, tone} |
/// null}]}.
const emptyPanel = () => ({ columns: [], note: "", rows: [] });

const cellOf = (cell) =>
  typeof cell === "string"
    ? { text: cell, value: null, shade: null }
    : { text: cell[0], value: cell[1] ?? null, shade: cell[2] ?? null };

const rowOf = ([key, cells, status, label]) => ({
  key,
  cells: cells.map(cellOf),
  status: status ? { word: status[0], tone: status[1] } : null,
  label: label ?? "",
});

const columnOf = ([title, kind]) => ({ title, kind });

export class Store {
  constructor(count) {
    this.panels = Array.from({ length: count }, emptyPanel);
    this.number = null;
    this.empty = true;
    this.choices = [];
  }

  /// Takes a whole state. Returns the indices of all panels.
  snapshot(message) {
    this.#frame(message);
    this.number = message.number;
    this.panels = message.panels.map((panel) => ({
      columns: panel.columns.map(columnOf),
      note: panel.note,
      rows: panel.rows.map(rowOf),
    }));
    return this.panels.map((_, index) => index);
  }

  /// Takes what has changed. Returns the indices of the panels that differ, or null if the change does not follow on
  /// what is known: a snapshot is needed then.
  delta(message) {
    if (message.since !== this.number) return null;
    this.#frame(message);
    this.number = message.number;
    return Object.entries(message.panels).map(([index, change]) => {
      this.#apply(this.panels[index], change);
      return Number(index);
    });
  }

  #frame(message) {
    if (message.empty !== undefined) this.empty = message.empty;
    if (message.choices !== undefined) this.choices = message.choices;
  }

  #apply(panel, change) {
    if (change.columns) panel.columns = change.columns.map(columnOf);
    if (change.note !== undefined) panel.note = change.note;
    const rows = new Map(panel.rows.map((row) => [row.key, row]));
    for (const row of change.rows) rows.set(row[0], rowOf(row));
    const order = change.order ?? panel.rows.map((row) => row.key);
    panel.rows = order.map((key) => rows.get(key));
  }
}
