"use strict";
for (const canvas of document.querySelectorAll("[data-plot]")) {
  const { points, readout } = JSON.parse(canvas.dataset.plot);
  const cursor = canvas.querySelector(".cursor");
  const box = canvas.querySelector(".readout");
  const names = Object.keys(readout).filter((name) => name !== "at");
  let now = -1;
  const show = (number) => {
    now = Math.max(0, Math.min(points.length - 1, number));
    const left = points[now];
    cursor.hidden = box.hidden = false;
    cursor.style.left = `${left}%`;
    box.textContent = [readout.at[now], ...names.map((name) => `${name}  ${readout[name][now]}`)].join("\n");
    box.style.left = left < 50 ? `calc(${left}% + 10px)` : "auto";
    box.style.right = left < 50 ? "auto" : `calc(${100 - left}% + 10px)`;
  };
  const hide = () => { cursor.hidden = box.hidden = true; };
  canvas.addEventListener("pointermove", (event) => {
    const room = canvas.getBoundingClientRect();
    const at = ((event.clientX - room.left) / room.width) * 100;
    let nearest = 0;
    points.forEach((each, number) => { if (Math.abs(each - at) < Math.abs(points[nearest] - at)) nearest = number; });
    show(nearest);
  });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); show(now + step); }
  });
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending" || (column === 0 && !head.hasAttribute("aria-sort"));
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const order = (a, b) => (column === 0 ? value(a).localeCompare(value(b)) : value(a) - value(b));
      const rows = [...table.tBodies[0].rows].sort((a, b) => (up ? order(a, b) : order(b, a)));
      table.tBodies[0].append(...rows);
    });
  });
}
