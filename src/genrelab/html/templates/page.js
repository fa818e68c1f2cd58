// A click on a column's head sorts its table: numbers from the largest down first, words from A; again: the other way.
const value = (row, column) => {
  const text = row.cells[column].innerText.trim();
  const number = parseFloat(text.replace(/[,<%+]/g, ""));
  return { text, number: Number.isNaN(number) ? -Infinity : number };
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const before = head.getAttribute("aria-sort") ?? (numeric ? "ascending" : "descending");
      const sign = before === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].map((row) => ({ row, ...value(row, column) }));
      rows.sort((a, b) => sign * (numeric ? a.number - b.number : a.text.localeCompare(b.text)));
      table.tBodies[0].append(...rows.map(({ row }) => row));
    });
  });
}
// Where the sound files are not at hand, as in the artifacts of a run, players would be of no use.
for (const player of document.querySelectorAll("audio")) player.addEventListener("error", () => player.remove());
