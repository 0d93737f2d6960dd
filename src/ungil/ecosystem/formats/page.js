"use strict";
// The survey is data: whatever is in it becomes text, never HTML.
const survey = JSON.parse(document.getElementById("data").textContent);
const GROUPS = Object.keys(survey.words);
const COMPILED = ["ready", "fallback", "blocked"];
const MARKS = { ready: "\u2713", fallback: "~", blocked: "\u2717", pure: "\u25cb", unknown: "?", absent: "\u2013" };
const DAY = 86400000;
const START = Date.parse(survey.start);
const LAST = Math.round((Date.parse(survey.as_of) - START) / DAY);
const $ = (id) => document.getElementById(id);

const shown = { view: survey.views[0], day: survey.as_of, sort: "rank", down: false, open: new Set() };
const groups = new Set(GROUPS);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function toDay(number) {
  return new Date(START + number * DAY).toISOString().slice(0, 10);
}

function toNumber(day) {
  return Math.round((Date.parse(day) - START) / DAY);
}

// How a package stood on the day that is shown: [day, group, case, version].
function state(item) {
  return item.timelines[shown.view.id].findLast((point) => point[0] <= shown.day);
}

const declared = survey.packages.some((item) => Object.keys(item.keeps_gil_off).length);
const KEEPS = { true: "off", false: "on", null: "?" };
const COLUMNS = [
  { id: "rank", title: "#", value: (row) => row.rank, numeric: true },
  { id: "name", title: "Package", value: (row) => row.item.name },
  { id: "state", title: "State", value: (row) => GROUPS.indexOf(row.group) },
  { id: "since", title: "Since", value: (row) => row.point[0] },
  { id: "first", title: "First wheel", value: (row) => row.first?.day ?? "", ours: true },
  { id: "needed", title: "Needed by", value: (row) => row.item.dependents.length, numeric: true, down: true },
  ...(declared ? [{ id: "gil", title: "GIL", value: (row) => row.gil, ours: true }] : []),
];

function rows() {
  return survey.packages.map((item, index) => {
    const point = state(item);
    const keeps = item.keeps_gil_off[shown.view.id];
    return {
      rank: index + 1,
      item,
      point,
      group: point[1],
      first: item.first[shown.view.id],
      // What was read is of the last day's wheel, so it is told on that day only.
      gil: keeps === undefined || shown.day !== survey.as_of ? "" : KEEPS[keeps],
    };
  });
}

function matches(row, wanted) {
  return groups.has(row.group) && (!wanted || row.item.name.includes(wanted));
}

function compare(a, b, column) {
  const [left, right] = [column.value(a), column.value(b)];
  // Nothing comes last, whichever the direction.
  if (left === "" || right === "") return (left === "") - (right === "") || a.rank - b.rank;
  const order = left < right ? -1 : left > right ? 1 : 0;
  return (shown.down ? -order : order) || a.rank - b.rank;
}

function drawHead(columns) {
  const cells = columns.map((column) => {
    const sorted = column.id === shown.sort;
    const mark = sorted ? (shown.down ? " \u25bc" : " \u25b2") : "";
    const button = make("button", { type: "button", "data-sort": column.id }, column.title,
      make("span", { "aria-hidden": "true" }, mark));
    const order = sorted ? (shown.down ? "descending" : "ascending") : "none";
    return make("th", { scope: "col", "aria-sort": order, class: `${column.id} ${column.numeric ? "number" : ""}` }, button);
  });
  $("table").tHead.rows[0].replaceChildren(...cells);
}

// Nothing is known of what was before the first day.
function since(day) {
  return day === survey.start ? `\u2264 ${day}` : day;
}

function cell(column, row) {
  if (column.id === "name") {
    const open = shown.open.has(row.item.name);
    const button = make("button", { type: "button", "data-open": row.item.name, "aria-expanded": open },
      row.item.name);
    return make("th", { scope: "row" }, button);
  }
  if (column.id === "state") {
    const mark = make("span", { "aria-hidden": "true", class: "mark" }, MARKS[row.group]);
    return make("td", { class: row.group }, mark, ` ${survey.words[row.group]}`,
      make("small", {}, row.point[2] + (row.point[3] ? `, ${row.point[3]}` : "")));
  }
  if (column.id === "first") {
    return make("td", { class: "date" }, row.first ? row.first.day : "", row.first ? make("small", {}, row.first.version) : null);
  }
  if (column.id === "since") return make("td", { class: "date" }, since(row.point[0]));
  return make("td", { class: `${column.id} ${column.numeric ? "number" : ""}` }, String(column.value(row)));
}

function timeline(row, width) {
  const points = row.item.timelines[shown.view.id];
  const strip = make("div", { class: "strip", "aria-hidden": "true" });
  const list = make("ol");
  points.forEach((point, index) => {
    const next = points[index + 1]?.[0] ?? survey.as_of;
    const part = make("span", { class: point[1] });
    part.style.flexGrow = Math.max(1, toNumber(next) - toNumber(point[0]));
    strip.append(part);
    list.append(make("li", { class: point[1] }, make("time", {}, since(point[0])),
      ` ${survey.words[point[1]]} (${point[2]})` + (point[3] ? `, ${point[3]}` : "")));
  });
  const said = [];
  if (row.item.version) said.push(`latest on ${survey.as_of}: ${row.item.version} of ${row.item.released}`);
  if (row.item.requires?.length) said.push(`needs ${row.item.requires.join(", ")}`);
  if (row.item.dependents.length) said.push(`needed by ${row.item.dependents.join(", ")}`);
  if (row.item.problem) said.push(row.item.problem);
  const inside = make("td", { colspan: width }, strip, list, make("p", { class: "quiet" }, said.join("; ")));
  return make("tr", { class: "timeline" }, inside);
}

function drawTable(all) {
  const columns = COLUMNS.filter((column) => !column.ours || shown.view.target);
  if (!columns.some((column) => column.id === shown.sort)) Object.assign(shown, { sort: "rank", down: false });
  const by = columns.find((column) => column.id === shown.sort);
  const wanted = $("search").value.trim().toLowerCase().replace(/[-_.]+/g, "-");
  const found = all.filter((row) => matches(row, wanted)).sort((a, b) => compare(a, b, by));
  drawHead(columns);
  $("table").tBodies[0].replaceChildren(...found.flatMap((row) => {
    const line = make("tr", {}, ...columns.map((column) => cell(column, row)));
    return shown.open.has(row.item.name) ? [line, timeline(row, columns.length)] : [line];
  }));
  $("found").textContent = `${found.length} of ${all.length} packages, on ${shown.day}, ` +
    (shown.view.target ? shown.view.id : "published counting");
}

function drawTotals(all) {
  const totals = Object.fromEntries(GROUPS.map((group) => [group, 0]));
  for (const row of all) totals[row.group] += 1;
  for (const group of GROUPS) $(`count-${group}`).textContent = totals[group];
  const compiled = COMPILED.reduce((sum, group) => sum + totals[group], 0);
  const share = compiled ? ` (${Math.round((100 * totals.ready) / compiled)} %)` : "";
  $("then").textContent = `${shown.day}: ${totals.ready} of ${compiled} ready${share}`;
}

function drawChart() {
  for (const chart of document.querySelectorAll(".curve")) {
    chart.toggleAttribute("hidden", chart.dataset.view !== shown.view.id);
    if (chart.hasAttribute("hidden")) continue;
    const line = chart.querySelector(".series .line");
    const area = line.closest(".plot");
    // The line begins with the first day and ends with the end of the last one.
    const box = line.getBBox();
    const x = box.x + (box.width * (toNumber(shown.day) + 1)) / (LAST + 1);
    let cursor = area.querySelector(".cursor");
    if (!cursor) {
      cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
      cursor.setAttribute("class", "cursor");
      cursor.setAttribute("y1", 0);
      cursor.setAttribute("y2", area.querySelector(".background").getAttribute("height"));
      area.append(cursor);
    }
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
  }
}

function draw() {
  const all = rows();
  drawTotals(all);
  drawTable(all);
}

function choose() {
  const target = $("target").value;
  $("platform").disabled = !target;
  shown.view = survey.views.find((view) =>
    target ? view.target === target && view.platform === $("platform").value : !view.target);
  drawChart();
  draw();
}

function goTo(day) {
  shown.day = day;
  $("day").value = toNumber(day);
  $("date").value = day;
  $("day").setAttribute("aria-valuetext", day);
  drawChart();
  draw();
}

for (const group of GROUPS) {
  const box = make("input", { type: "checkbox", value: group, checked: "" });
  box.addEventListener("change", () => {
    groups[box.checked ? "add" : "delete"](group);
    draw();
  });
  $("groups").append(make("label", { class: group }, box, make("span", { class: "mark", "aria-hidden": "true" },
    MARKS[group]), ` ${survey.words[group]} `, make("b", { id: `count-${group}` })));
}
$("choices").addEventListener("submit", (event) => event.preventDefault());
$("choices").addEventListener("change", choose);
$("search").addEventListener("input", draw);
$("day").max = LAST;
$("day").addEventListener("input", () => goTo(toDay(Number($("day").value))));
$("date").addEventListener("change", () => {
  const day = $("date").value;
  if (day >= survey.start && day <= survey.as_of) goTo(day);
  else $("date").value = shown.day;
});
$("table").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { sort, open } = button.dataset;
  if (sort) {
    const first = Boolean(COLUMNS.find((column) => column.id === sort).down);
    Object.assign(shown, { sort, down: shown.sort === sort ? !shown.down : first });
  } else if (!shown.open.delete(open)) {
    shown.open.add(open);
  }
  draw();
  // The table was drawn anew, so the focus is given back to where it was.
  const again = [...$("table").querySelectorAll("button")].find((other) =>
    sort ? other.dataset.sort === sort : other.dataset.open === open);
  again?.focus();
});
goTo(survey.as_of);
