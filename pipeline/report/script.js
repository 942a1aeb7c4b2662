// What the pages do where a browser runs scripts; without it they say all the same.
"use strict";

/* Facts of the runs: dates, seconds, commits. They count for the weights that a page shows. */

function duration(seconds) {
  if (seconds > 0 && seconds < 0.1) return `${Number((1000 * seconds).toPrecision(3))} ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${Number(seconds.toPrecision(3))} s`;
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

const words = {
  finished: (facts) => [moment(facts.finished), facts.finished],
  precision: (facts) => [facts.precision, ""],
  machine: (facts) => [facts.machine, ""],
  seconds: (facts) => [duration(facts.seconds), `${facts.seconds} s`],
  seconds_a_sample: (facts) => [
    duration(facts.seconds_a_sample), `${facts.seconds_a_sample} s on ${facts.machine}`,
  ],
  commit: (facts) => [
    facts.commit ? facts.commit + (facts.dirty ? ", with changes" : "") : "none", "",
  ],
};

function fillRuns() {
  const runs = window.crossdomainRuns || {};
  if (!window.crossdomainRuns)  // files that DVC does not keep: a report from its cache has none
    document.querySelectorAll("a.entry").forEach((link) => { link.hidden = true; });
  for (const page of document.querySelectorAll("[data-weights]")) {
    const model = (runs[page.dataset.weights] || {})[page.dataset.model] || {};
    for (const place of page.querySelectorAll("[data-run]")) {
      const [stage, fact] = place.dataset.run.split(".");
      const known = model[stage] && model[stage][fact] != null;
      const [text, title] = known ? words[fact](model[stage]) : ["not logged", ""];
      place.textContent = text;
      place.title = title;
      place.classList.toggle("none", !known);
      const cell = place.closest("td[data-value]");  // what its column sorts by
      if (cell) cell.dataset.value = known ? model[stage][fact] : "";
    }
  }
}

/* Tables that sort by their columns. */

function valueOf(row, column, kind) {
  const cell = row.cells[column];
  if (!cell) return null;
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (kind === "text") return text.toLowerCase() || null;
  const value = text === "" ? NaN : Number(text);
  return Number.isNaN(value) ? null : value;
}

function sortBy(table, column, kind, down) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row, column, kind), row]);
  rows.sort(([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);  // what has none comes last
    const order = kind === "text" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    return down ? -order : order;
  });
  body.append(...rows.map(([, row]) => row));
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    if (at === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells].map((head, column) => ({ head, column }));
  const chooser = document.createElement("select");
  chooser.append(new Option("as at first", ""));
  const original = [...table.tBodies[0].rows];
  const apply = ({ head, column }) => {
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : head.dataset.first === "descending";
    sortBy(table, column, head.dataset.sort, down);
    chooser.value = String(column);
  };
  for (const one of heads.filter(({ head }) => head.dataset.sort)) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...one.head.childNodes);
    one.head.append(button);
    button.addEventListener("click", () => apply(one));
    chooser.append(new Option(button.textContent.trim().replace(/\s+/g, " "), String(one.column)));
  }
  chooser.addEventListener("change", () => {
    if (chooser.value) return apply(heads[Number(chooser.value)]);
    heads.forEach(({ head }) => head.removeAttribute("aria-sort"));
    table.tBodies[0].append(...original);
  });
  const label = document.createElement("label");  // for narrow pages, whose tables have no head
  label.className = "sorter";
  label.append("Sort by ", chooser);
  table.before(label);
}

/* Filters of a table's rows. */

function makeFilter(form) {
  const rows = [...document.getElementById(form.dataset.filters).tBodies[0].rows];
  const fields = [...form.querySelectorAll("[data-by]")];
  const count = form.querySelector("output");
  const fits = (row, { dataset: { by }, value }) => {
    if (!value) return true;
    if (by !== "text") return (row.dataset[by] || "").split("|").includes(value);
    const text = row.textContent.toLowerCase();
    return value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };
  const apply = () => {
    for (const row of rows) row.hidden = !fields.every((field) => fits(row, field));
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
    form.parentElement.querySelector(".empty").hidden = shown > 0;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();  // a browser keeps what was typed when a page is loaded again
}

/* Pictures that a click enlarges. */

function makeLightbox(links) {
  const box = document.createElement("dialog");
  box.className = "lightbox";
  box.setAttribute("aria-label", "Picture");
  box.innerHTML = `
    <img alt="">
    <p aria-live="polite"></p>
    <div class="tools">
      <button type="button" data-step="-1" aria-label="Previous picture">←</button>
      <a>Open the file</a>
      <button type="button" data-step="1" aria-label="Next picture">→</button>
      <button type="button" data-close aria-label="Close">✕</button>
    </div>`;
  document.body.append(box);
  const image = box.querySelector("img");
  let at = 0;
  const fit = () => {  // small pictures by a whole factor, so that pixels stay square and equal
    const width = Number(image.dataset.width), height = Number(image.dataset.height);
    const room = [innerWidth * 0.94 / width, (innerHeight * 0.94 - 110) / height];
    const factor = Math.min(...room);
    const whole = factor >= 1 ? Math.floor(factor) : factor;
    image.style.width = `${width * whole}px`;
    image.classList.toggle("sharp", factor >= 1);
  };
  const show = (number) => {
    at = (number + links.length) % links.length;
    const link = links[at], small = link.querySelector("img");
    image.dataset.width = small.getAttribute("width");
    image.dataset.height = small.getAttribute("height");
    image.src = link.href;
    image.alt = small.alt;
    box.querySelector("p").textContent = small.alt;
    box.querySelector("a").href = link.href;
    fit();
  };
  links.forEach((link, number) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;  // another tab or window
      event.preventDefault();
      show(number);
      box.showModal();  // Escape closes it, and the focus goes back to the link
    });
  });
  box.addEventListener("click", (event) => {
    const step = event.target.dataset.step;
    if (step) show(at + Number(step));
    else if (event.target === box || "close" in event.target.dataset) box.close();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  });
  addEventListener("resize", () => box.open && fit());
}

/* Menus close when one is done with them; print shows what is folded. */

function makeMenus() {
  const menus = [...document.querySelectorAll("details.menu")];
  const close = (but) => menus.forEach((menu) => { if (menu !== but) menu.open = false; });
  for (const menu of menus) menu.addEventListener("toggle", () => menu.open && close(menu));
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const open = menus.find((menu) => menu.open);
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    folded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
}

fillRuns();
document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll("form.filter").forEach(makeFilter);
const pictures = [...document.querySelectorAll("a.enlarge")];
if (pictures.length) makeLightbox(pictures);
makeMenus();
