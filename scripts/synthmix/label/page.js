"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const PATHS = new Map(DATA.images.map((image, index) => [image.path, index]));
const element = (id) => document.getElementById(id);

// the label of each image, null where it has none, and the image that is shown
let labels = DATA.images.map(() => null);
let current = 0;
// what was there before each change: lists of [index, label]
const changes = [];
let kept = true;
let saved = true;

function restore() {
  try {
    const stored = JSON.parse(localStorage.getItem(DATA.storage));
    if (stored) {
      labels = DATA.images.map((image) => {
        const label = Object.hasOwn(stored.labels, image.path) ? stored.labels[image.path] : null;
        return DATA.labels.includes(label) ? label : null;
      });
      current = PATHS.get(stored.current) ?? 0;
      saved = stored.saved === true;
    }
  } catch (error) {
    kept = false;
  }
}

function keep() {
  const given = DATA.images.map((image, index) => [image.path, labels[index]]);
  const stored = {
    labels: Object.fromEntries(given.filter(([, label]) => label !== null)),
    current: DATA.images[current].path,
    saved,
  };
  try {
    localStorage.setItem(DATA.storage, JSON.stringify(stored));
    kept = true;
  } catch (error) {
    kept = false;
  }
}

function show() {
  const image = DATA.images[current];
  if (element("pictures").dataset.path !== image.path) {
    element("pictures").replaceChildren(...image.pictures.map(figure));
    element("pictures").dataset.path = image.path;
  }
  const done = labels.filter((label) => label !== null).length;
  element("position").textContent = `${current + 1} / ${labels.length}`;
  element("name").textContent = DATA.blind ? "" : image.path;
  element("label").textContent = labels[current] ?? "no label yet";
  element("label").dataset.label = DATA.labels.indexOf(labels[current]);
  element("progress").value = done;
  element("count").textContent = `labelled ${done} of ${labels.length}`;
  if (done === labels.length) {
    element("count").textContent += saved ? ": done" : ": done, save the CSV";
  }
  element("tally").replaceChildren(...DATA.labels.map(tallied));
  for (const [index, button] of document.querySelectorAll(".choice").entries()) {
    button.setAttribute("aria-pressed", DATA.labels[index] === labels[current]);
  }
  element("undo").disabled = changes.length === 0;
  element("save").disabled = done === 0;
  element("save").classList.toggle("due", !saved && done > 0);
  if (!kept) {
    tell("This browser keeps no labels for this page: save the CSV before you close it.");
  }
}

function figure(source, position, pictures) {
  const shown = document.createElement("figure");
  const picture = document.createElement("img");
  const plane = pictures.length > 1 ? DATA.planes[position] : "";
  picture.src = source;
  picture.alt = plane ? `${plane} slice` : "image to label";
  shown.append(picture);
  if (plane) {
    const caption = document.createElement("figcaption");
    caption.textContent = plane;
    shown.append(caption);
  }
  return shown;
}

function tallied(label, index) {
  const item = document.createElement("li");
  item.dataset.label = index;
  item.textContent = `${label} ${labels.filter((given) => given === label).length}`;
  return item;
}

function tell(text) {
  element("notice").textContent = text;
  element("notice").hidden = text === "";
}

// Gives labels to images, [index, label] each, so that one undo takes all of them back.
function change(given) {
  changes.push(given.map(([index]) => [index, labels[index]]));
  for (const [index, label] of given) {
    labels[index] = label;
  }
  saved = false;
}

function update() {
  keep();
  show();
}

function choose(label) {
  tell("");
  change([[current, label]]);
  skip();
}

function skip() {
  const order = labels.map((_, step) => (current + 1 + step) % labels.length);
  current = order.find((index) => labels[index] === null && index !== current) ?? current;
  update();
}

function move(step) {
  current = Math.min(Math.max(current + step, 0), labels.length - 1);
  update();
}

function undo() {
  const before = changes.pop();
  if (before) {
    for (const [index, label] of before) {
      labels[index] = label;
    }
    current = before[0][0];
    saved = false;
    tell("");
    update();
  }
}

function save() {
  const rows = DATA.images.map((image, index) => [image.path, labels[index]]);
  const given = rows.filter(([, label]) => label !== null);
  if (given.length === 0) {
    return;
  }
  const text = [["path", "label"], ...given].map((row) => row.map(quoted).join(",") + "\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(text, { type: "text/csv" }));
  link.download = "labels.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  saved = true;
  update();
}

function quoted(value) {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

// Returns the rows of a CSV, lists of texts.
function parsed(text) {
  const rows = [];
  let row = [];
  const cell = /(?:"((?:[^"]|"")*)"|((?!")[^,\r\n]*))(,|\r?\n|\r|$)/y;
  for (let found; cell.lastIndex < text.length && (found = cell.exec(text)); ) {
    row.push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (found[3] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  return row.length ? [...rows, row] : rows;
}

function take(name, text) {
  const [head, ...rows] = parsed(text.replace(/^\ufeff/, ""));
  const path = (head ?? []).indexOf("path");
  const label = (head ?? []).indexOf("label");
  if (path < 0 || label < 0) {
    tell(`${name} has no columns path and label: nothing was taken over.`);
    return;
  }
  const there = rows.filter((row) => PATHS.has(row[path]));
  const given = there.filter((row) => DATA.labels.includes(row[label]));
  if (given.length) {
    change(given.map((row) => [PATHS.get(row[path]), row[label]]));
    current = Math.max(0, labels.indexOf(null));
    update();
  }
  const others = [
    [rows.length - there.length, "name no image of this page"],
    [there.length - given.length, "have a label that this page does not have"],
  ];
  const left = others.filter(([count]) => count).map(([count, why]) => `${count} ${why}`);
  tell([`${name}: ${given.length} labels taken over`, ...left].join("; ") + ".");
}

function pressed(event) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    const command = { s: save, z: undo }[key];
    if (command && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      command();
    }
    return;
  }
  // a button or a list in focus has the space key for itself
  const ofFocus = event.target.closest("button, summary, input") && key === " ";
  const commands = {
    arrowleft: () => move(-1),
    arrowright: () => move(1),
    " ": skip,
    backspace: undo,
  };
  const chosen = DATA.keys.findIndex((given) => given.toLowerCase() === key);
  const command = chosen < 0 ? commands[key] : () => choose(DATA.labels[chosen]);
  if (command === undefined || event.altKey || ofFocus) {
    return;
  }
  event.preventDefault();
  // a key that is held must not label what has not been looked at
  if (!event.repeat || key.startsWith("arrow")) {
    command();
  }
}

for (const [index, button] of document.querySelectorAll(".choice").entries()) {
  button.addEventListener("click", () => choose(DATA.labels[index]));
}
element("previous").addEventListener("click", () => move(-1));
element("next").addEventListener("click", () => move(1));
element("skip").addEventListener("click", skip);
element("undo").addEventListener("click", undo);
element("save").addEventListener("click", save);
element("import").addEventListener("click", () => element("file").click());
element("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  take(file.name, await file.text());
});
document.addEventListener("click", (event) => {
  // after the mouse, the space key is for skipping again
  if (event.detail > 0) {
    event.target.closest("button")?.blur();
  }
});
document.addEventListener("keydown", pressed);
window.addEventListener("storage", (event) => {
  if (event.key === DATA.storage) {
    restore();
    show();
  }
});
window.addEventListener("beforeunload", (event) => {
  if (!kept && !saved) {
    event.preventDefault();
  }
});

restore();
show();
