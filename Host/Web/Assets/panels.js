// Puts panels into the page. What stands there already is changed, not replaced, so that focus, open tiles and the
// reader's place stay. The host renders the same markup: PanelHTML.swift and TilesHTML.swift.

export function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function setText(node, text) {
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
}

/// Marks what has changed, for a moment.
function markFresh(node) {
  node.classList.remove("fresh");
  // Reading a layout value lets the animation begin anew.
  void node.offsetWidth;
  node.classList.add("fresh");
}

/// Makes the children of `parent` stand for `rows`: `make(row)` a new one, `update(node, row)` an old one.
/// New ones are marked unless the list was empty.
function reconcile(parent, rows, make, update) {
  const isFirst = parent.dataset.known === undefined;
  if (isFirst) parent.replaceChildren();
  parent.dataset.known = "";
  const nodes = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const row of rows) {
    let node = nodes.get(row.key);
    if (node) {
      nodes.delete(row.key);
      update(node, row);
    } else {
      node = make(row);
      node.dataset.key = row.key;
      update(node, row);
      if (!isFirst) markFresh(node);
    }
    if (node === place) {
      place = place.nextElementSibling;
    } else {
      parent.insertBefore(node, place);
    }
  }
  for (const node of nodes.values()) node.remove();
}

export function showNumber(section, panel) {
  const figure = section.querySelector(".figure");
  if (setText(figure, panel.rows[0]?.cells[0]?.text ?? "–") && section.dataset.shown) markFresh(figure);
  section.dataset.shown = "yes";
  figure.toggleAttribute("data-long", figure.textContent.length > 12);
}

export function showTable(section, panel) {
  const table = section.querySelector("table");
  const titles = panel.columns.map((column) => `${column.kind} ${column.title}`).join("\n");
  if (table.dataset.columns !== titles) {
    table.dataset.columns = titles;
    table.tHead.rows[0].replaceChildren(
      ...panel.columns.map((column) => {
        const head = element("th", column.kind, column.title);
        head.scope = "col";
        return head;
      }),
    );
    delete table.tBodies[0].dataset.known;
  }
  reconcile(table.tBodies[0], panel.rows, () => makeTableRow(panel.columns), updateTableRow);
  section.querySelector(".nothing").hidden = panel.rows.length > 0;
}

function makeTableRow(columns) {
  const row = element("tr");
  columns.forEach((column, index) => {
    const cell = element(index === 0 ? "th" : "td", column.kind);
    if (index === 0) cell.scope = "row";
    row.append(cell);
  });
  return row;
}

function updateTableRow(node, row) {
  row.cells.forEach((cell, index) => {
    const place = node.cells[index];
    const isNew = place.textContent === "";
    if (setText(place, cell.text) && !isNew) markFresh(place);
    if (cell.shade !== null) place.dataset.shade = cell.shade;
  });
}

export function showTiles(section, panel) {
  const list = section.querySelector(".tiles");
  const hasValue = list.dataset.value === "yes";
  const details = panel.columns.slice(hasValue ? 2 : 1);
  showSummary(section.querySelector(".summary"), panel.rows);
  reconcile(
    list,
    panel.rows,
    (row) => makeTile(row, hasValue, details),
    (node, row) => updateTile(node, row, hasValue),
  );
  section.querySelector(".nothing").hidden = panel.rows.length > 0;
}

function makeTile(row, hasValue, details) {
  const tile = element("li", "tile");
  const face = element(details.length ? "summary" : "div", "face");
  face.append(element("span", "name"));
  if (hasValue) face.append(element("span", "value"));
  if (row.status) face.append(makeStatus());
  if (row.label) face.append(element("span", "label"));
  if (!details.length) {
    tile.append(face);
    return tile;
  }
  const list = element("dl");
  for (const column of details) {
    const entry = element("div");
    entry.append(element("dt", "", column.title), element("dd"));
    list.append(entry);
  }
  const box = element("details");
  box.append(face, list);
  tile.append(box);
  return tile;
}

function updateTile(node, row, hasValue) {
  const face = node.querySelector(".face");
  setText(face.querySelector(".name"), row.cells[0].text);
  if (hasValue) {
    const value = face.querySelector(".value");
    const isNew = value.textContent === "";
    if (setText(value, row.cells[1].text) && !isNew) markFresh(node);
  }
  if (row.status) updateStatus(face.querySelector(".status"), row.status);
  const label = face.querySelector(".label");
  if (label) setText(label, row.label);
  const details = row.cells.slice(hasValue ? 2 : 1);
  node.querySelectorAll("dd").forEach((entry, index) => setText(entry, details[index]?.text ?? ""));
}

function makeStatus() {
  const status = element("span", "status");
  const shape = element("span", "shape");
  shape.setAttribute("aria-hidden", "true");
  status.append(shape, element("span", "word"));
  return status;
}

function updateStatus(node, status) {
  node.dataset.tone = status.tone;
  setText(node.querySelector(".word"), status.word);
}

/// How many stand where, in the order of the levels that the host has put there.
function showSummary(line, rows) {
  const counts = new Map();
  for (const item of line.children) counts.set(item.dataset.key ?? item.lastChild.textContent.trim(), 0);
  const tones = new Map([...line.children].map((item) => [item.lastChild.textContent.trim(), item.dataset.tone]));
  for (const { status } of rows) {
    if (!status) continue;
    counts.set(status.word, (counts.get(status.word) ?? 0) + 1);
    tones.set(status.word, status.tone);
  }
  const items = [...counts].map(([word, count]) => {
    const item = element("span", "status");
    item.dataset.tone = tones.get(word);
    const shape = element("span", "shape");
    shape.setAttribute("aria-hidden", "true");
    item.append(shape, element("b", "", String(count)), ` ${word}`);
    return item;
  });
  line.replaceChildren(...items);
}
