"use strict";
// What the page does. Every text that comes from data is set as text, never as markup.

const find = (id) => document.getElementById(id);
const made = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};

let about = null;
let asked = 0; // only the newest answer is shown
let position = 0;

async function ask(path, options) {
  const answer = await fetch(path, options);
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const detail = content.detail;
    const text = typeof detail === "string" ? detail : Array.isArray(detail) ? detail.map((each) => each.msg).join("; ") : "";
    throw new Error(text || `the server answered ${answer.status}`);
  }
  return content;
}

function say(text, className) {
  const state = find("state");
  state.textContent = text;
  state.className = className || "";
}

async function predict(path, options) {
  const own = ++asked;
  try {
    const said = await ask(path, options);
    if (own === asked) show(said);
    return said;
  } catch (error) {
    if (own === asked) say(error.message, "wrong");
    return null;
  }
}

function show(said) {
  const votes = new Map();
  for (const each of said.contestants) votes.set(each.label, (votes.get(each.label) || 0) + 1);
  const most = [...votes.entries()].sort((a, b) => b[1] - a[1])[0];
  if (said.contestants.length < 2) say(`${said.contestants[0].name} says ${most[0]}.`);
  else if (said.agree) say(`All say ${most[0]}.`);
  else say(`They disagree: ${[...votes.entries()].map(([label, count]) => `${count} say ${label}`).join(", ")}.`, "differ");
  find("seen").hidden = !said.seen;
  if (said.seen) {
    find("seen-image").src = said.seen;
    const shape = about.image_shape;
    find("seen-text").textContent = [`What they saw, ${shape[0]} x ${shape[1]} pixels.`, ...said.notes].join(" ");
  }
  find("contestants").replaceChildren(...said.contestants.map((each) => bars(each, each.label !== most[0])));
}

function bars(said, isOdd) {
  const box = made("article", undefined, isOdd ? "contestant odd" : "contestant");
  box.append(made("h3", `${said.name}: ${said.label}`));
  box.append(made("p", said.kind === "labels" ? "gives its answer alone" : said.kind));
  const list = made("ol");
  const known = said.classes.filter((each) => each.value !== null);
  const lowest = said.kind === "scores" ? Math.min(...known.map((each) => each.value)) : 0;
  const highest = said.kind === "scores" ? Math.max(...known.map((each) => each.value)) : 1;
  const ranked = [...known].sort((a, b) => b.value - a.value);
  const first = ranked.findIndex((each) => each.name === said.label);
  if (first > 0) ranked.unshift(...ranked.splice(first, 1));
  for (const each of ranked.slice(0, 10)) {
    const line = made("li", undefined, each.name === said.label ? "said" : "");
    const name = made("span", each.name);
    name.title = each.name;
    const bar = made("span", undefined, "bar");
    const fill = made("i");
    const share = highest > lowest ? (each.value - lowest) / (highest - lowest) : 1;
    fill.style.width = `${Math.max(0, Math.min(100, 100 * share))}%`;
    bar.append(fill);
    const value = said.kind === "probabilities" ? `${(100 * each.value).toFixed(1)} %` : each.value.toFixed(2);
    line.append(name, bar, made("span", value));
    list.append(line);
  }
  box.append(list);
  return box;
}

// What to show ---------------------------------------------------------------------------------------------------

function tabs(names) {
  const list = find("tabs");
  const choose = (name, focus) => {
    for (const tab of list.children) {
      const isOwn = tab.dataset.name === name;
      tab.setAttribute("aria-selected", String(isOwn));
      tab.tabIndex = isOwn ? 0 : -1;
      find(`panel-${tab.dataset.name}`).hidden = !isOwn;
      if (isOwn && focus) tab.focus();
    }
    if (name === "rows") showRow(position);
  };
  names.forEach(([name, text], number) => {
    const tab = made("button", text);
    tab.type = "button";
    tab.dataset.name = name;
    tab.id = `tab-${name}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", `panel-${name}`);
    find(`panel-${name}`).setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => choose(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) choose(names[(number + step + names.length) % names.length][0], true);
    });
    list.append(tab);
  });
  choose(names[0][0]);
}

function board() {
  const canvas = find("canvas");
  const pen = canvas.getContext("2d");
  const at = { x: 140, y: 140, isDown: false };
  let last = null;
  let timer = 0;
  const wipe = () => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    at.isDown = false;
  };
  const send = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      canvas.toBlob((blob) => predict(`api/predict?drawing=${find("centre").checked}`, { method: "POST", headers: { "content-type": "image/png" }, body: blob }), "image/png");
    }, 80);
  };
  const line = (from, to) => {
    pen.strokeStyle = "#fff";
    pen.lineWidth = 22;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    send();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * canvas.width) / box.width, y: ((event.clientY - box.top) * canvas.height) / box.height };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const next = place(event);
    line(last, next);
    last = next;
  });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { last = null; });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
    if (step) {
      const next = { x: Math.max(0, Math.min(canvas.width, at.x + step[0])), y: Math.max(0, Math.min(canvas.height, at.y + step[1])) };
      if (at.isDown) line(at, next);
      at.x = next.x;
      at.y = next.y;
    } else if (event.key === " ") {
      at.isDown = !at.isDown;
      if (at.isDown) line(at, at);
    } else if (event.key === "Delete" || event.key === "Backspace") wipe();
    else return;
    canvas.setAttribute("aria-label", `A board to draw on; the pen is ${at.isDown ? "down" : "up"}, ${Math.round(at.x / 2.8)} % from the left, ${Math.round(at.y / 2.8)} % from the top`);
    event.preventDefault();
  });
  find("clear").addEventListener("click", wipe);
  find("centre").addEventListener("change", send);
  wipe();
}

function pictures() {
  const drop = find("drop");
  const send = (file) => {
    if (!file) return;
    if (file.size > 5000000) return say("A picture may have 5 MB.", "wrong");
    say("…");
    predict("api/predict", { method: "POST", headers: { "content-type": file.type || "application/octet-stream" }, body: file });
  };
  find("file").addEventListener("change", (event) => send(event.target.files[0]));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") send(event.dataTransfer.files[0]);
    });
  }
}

async function showRow(number) {
  position = Math.max(0, Math.min(about.n_validation_rows - 1, number));
  find("row").value = position + 1;
  const said = await predict(`api/rows/${position}`);
  if (said) {
    const right = said.contestants.filter((each) => each.label === said.truth).map((each) => each.name);
    find("truth").textContent = `It is ${said.truth}. Right: ${right.join(", ") || "nobody"}.`;
  }
  return said;
}

function rows() {
  find("of").textContent = `of ${about.n_validation_rows.toLocaleString("en")}`;
  find("row").max = about.n_validation_rows;
  find("before").addEventListener("click", () => showRow(position - 1));
  find("after").addEventListener("click", () => showRow(position + 1));
  find("row").addEventListener("change", (event) => showRow((parseInt(event.target.value, 10) || 1) - 1));
  find("disagree").addEventListener("click", async () => {
    for (let tries = 0; tries < 500 && position < about.n_validation_rows - 1; tries++) {
      const said = await showRow(position + 1);
      if (!said || !said.agree) return;
    }
    say("None of the next rows is one where they disagree.");
  });
}

function numbers() {
  find("ask").addEventListener("click", () => {
    const row = find("numbers").value.split(/[\s,;]+/).filter(Boolean).map(Number);
    if (row.some(Number.isNaN)) return say("Numbers alone, please.", "wrong");
    predict("api/predict/row", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ row }) });
  });
}

// The frame --------------------------------------------------------------------------------------------------------

function listRuns(runs) {
  const table = find("runs");
  const head = made("tr");
  for (const text of ["run", "validation score", "verdict", "report"]) head.append(made("th", text));
  table.append(head);
  for (const run of runs) {
    const line = made("tr", undefined, run.name === about.name ? "this" : "");
    line.append(made("td", run.name));
    const scores = run.scores.filter((each) => each.value !== null).map((each) => `${each.name} ${each.value.toFixed(4)}`);
    const cell = made("td", undefined, "number");
    if (run.metric && scores.length) cell.append(made("div", run.metric));
    for (const text of scores) cell.append(made("div", text));
    line.append(cell, made("td", (run.verdict || run.status).split(/(?<=[.;]) /)[0]));
    const link = made("a", "open");
    link.href = `report?run=${encodeURIComponent(run.name)}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.setAttribute("aria-label", `The report of ${run.name}`);
    const last = made("td");
    last.append(link);
    line.append(last);
    table.append(line);
  }
  if (!runs.length) find("others").hidden = true;
}

async function begin() {
  about = await ask("api/run");
  document.title = `${about.name}: try its models`;
  find("name").textContent = about.name;
  find("verdict").textContent = about.verdict;
  const missing = Object.entries(about.missing).map(([name, why]) => made("p", `${name} cannot be asked: ${why}`, "help"));
  find("missing").replaceChildren(...missing);
  const isImage = about.image_shape !== null;
  const names = [];
  if (isImage) names.push(["draw", "Draw"], ["picture", "Picture"]);
  else names.push(["numbers", "Numbers"]);
  if (about.n_validation_rows) names.push(["rows", "Validation rows"]);
  else find("missing").append(made("p", `No validation rows to step through: ${about.why_no_validation_rows}.`, "help"));
  if (isImage) {
    board();
    pictures();
  } else numbers();
  if (about.n_validation_rows) rows();
  tabs(names);
  if (!find("state").textContent) say("Nothing yet.");
  listRuns(await ask("api/runs"));
}

begin().catch((error) => say(error.message, "wrong"));
