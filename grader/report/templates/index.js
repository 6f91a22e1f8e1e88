
"use strict";
const table = document.getElementById("students");
const body = table.tBodies[0];
const search = document.getElementById("search");
const count = document.getElementById("count");
const rows = Array.from(body.rows);

function show() {
  const words = search.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = shown + " of " + rows.length;
}

function key(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value;
  return value === undefined ? cell.textContent.trim().toLowerCase() : Number(value);
}

function sort(head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const sign = down ? -1 : 1;
  const column = head.cellIndex;
  rows.sort((a, b) => {
    const x = key(a, column), y = key(b, column);
    return x < y ? -sign : x > y ? sign : 0;
  });
  body.append(...rows);
}

document.getElementById("tools").hidden = false;
search.addEventListener("input", show);
for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => sort(head));
}
show();
