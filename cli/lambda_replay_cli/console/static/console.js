// What pages can do beyond links and forms: keep themselves up to date, keys, selection, copying.
// Every page works without this file.

const FAST = 2000, NORMAL = 8000, SLOWEST = 60000;
const main = document.getElementById("main");
const announced = document.getElementById("announced");
const away = document.getElementById("away");

// ---------------------------------------------------------------- live parts

// Parts marked with data-live are drawn again from the page itself: fast while something changes, slower and
// slower while nothing does, not at all in a hidden tab.
const live = () => [...document.querySelectorAll("[data-live]")];
const pointed = new WeakMap();
let wait = 0, timer = 0, asking = null, failedSince = 0;

function base() {
  return document.querySelector('[data-live="fast"]') ? FAST : NORMAL;
}

function schedule() {
  clearTimeout(timer);
  if (live().length && !document.hidden) timer = setTimeout(look, wait);
}

function busy(part) {
  // Nothing moves under the hand of somebody who is choosing or writing.
  const active = document.activeElement;
  const writing = part.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
  const list = part.dataset.live === "list";
  if (writing || part.querySelector("details.action[open]") || part.contains(getSelectionNode())) return true;
  if (list && part.querySelector("input:checked")) return true;
  // A pointer that was left there does not stop a list for good.
  if (!list || !part.matches(":hover")) pointed.delete(part);
  else if (!pointed.has(part)) pointed.set(part, Date.now());
  return pointed.has(part) && Date.now() - pointed.get(part) < 20000;
}

function getSelectionNode() {
  const selection = getSelection();
  return selection && !selection.isCollapsed ? selection.anchorNode : null;
}

async function look() {
  if (asking) return;
  asking = new AbortController();
  const patience = setTimeout(() => asking.abort(), 40000);
  try {
    const answer = await fetch(location.href, { signal: asking.signal, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.status >= 400) {
      const said = page.querySelector("[data-problem]") ?? page.querySelector("main");
      troubled(said ? said.textContent.replace(/\s+/g, " ").trim().slice(0, 400) : `HTTP ${answer.status}`);
    } else {
      recovered();
      const changed = live().filter((part) => replaced(part, page.getElementById(part.id))).length;
      wait = changed ? base() : Math.min(SLOWEST, Math.max(wait, base()) * 1.4);
    }
  } catch {
    troubled("The console does not answer. If it was ended, start it again: lambda-replay console");
  } finally {
    clearTimeout(patience);
    asking = null;
    schedule();
  }
}

function troubled(text) {
  failedSince ||= Date.now();
  const seconds = Math.round((Date.now() - failedSince) / 1000);
  away.textContent = `What is shown is ${seconds} s old or more. ${text}`;
  away.hidden = false;
  wait = Math.min(15000, Math.max(wait, FAST) * 1.4);
}

function recovered() {
  if (!failedSince) return;
  failedSince = 0;
  away.hidden = true;
  wait = base();
}

function replaced(part, fresh) {
  if (!fresh || busy(part)) return false;
  // Relative times differ in every answer; they alone are no change worth looking again soon for.
  const same = stripped(part) === stripped(fresh);
  if (part.innerHTML === fresh.innerHTML && part.dataset.live === fresh.dataset.live) return false;
  const open = [...part.querySelectorAll("details[id][open]")].map((one) => one.id);
  const focused = part.contains(document.activeElement) ? place(part, document.activeElement) : null;
  const current = part.querySelector("tr.current a")?.getAttribute("href");
  part.dataset.live = fresh.dataset.live;
  update(part, fresh);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (current) mark(rows().find((row) => row.querySelector("a")?.getAttribute("href") === current));
  if (focused) part.querySelectorAll(focused.what)[focused.number]?.focus({ preventScroll: true });
  prepare(part);
  announce(fresh.dataset.announce);
  return !same;
}

// Replaces what differs and keeps the rest: a button stays under the pointer between press and release.
function update(old, fresh) {
  const from = [...old.childNodes], to = [...fresh.childNodes];
  if (from.length !== to.length) return old.replaceChildren(...to);
  from.forEach((one, index) => {
    const other = to[index];
    if (one.isEqualNode(other)) return;
    const inside = one.nodeType === Node.ELEMENT_NODE && one.cloneNode(false).isEqualNode(other.cloneNode(false));
    if (inside) update(one, other);
    else one.replaceWith(other);
  });
}

function stripped(part) {
  return part.innerHTML.replace(/<time[^>]*>[^<]*<\/time>|<svg[\s\S]*?<\/svg>/g, "");
}

function place(part, element) {
  const href = element.getAttribute("href");
  const what = href ? `a[href="${CSS.escape(href)}"]` : element.tagName.toLowerCase();
  return { what, number: [...part.querySelectorAll(what)].indexOf(element) };
}

let saidAt = 0, said = "";
function announce(text) {
  // For those who listen: each change of state at once, numbers now and then.
  if (!text || text === said) return;
  const state = (words) => words.split("  ")[0];
  if (state(text) === state(said) && Date.now() - saidAt < 12000) return;
  saidAt = Date.now();
  said = text;
  announced.textContent = text;
}

document.addEventListener("visibilitychange", () => {
  wait = document.hidden ? wait : 0;
  schedule();
});

// ---------------------------------------------------------------- selection

const rows = () => [...main.querySelectorAll("[data-row]")];

function counted() {
  const target = main.querySelector("[data-selected]");
  if (!target) return;
  const all = main.querySelector(".actions input[name=all]");
  const many = main.querySelectorAll(".tick input:checked").length;
  target.textContent = all?.checked ? "all that match" : many ? `${many} selected` : "";
}

main?.addEventListener("change", counted);

let lastTick = null;
main?.addEventListener("click", (event) => {
  const tick = event.target.closest(".tick input");
  if (!tick) return;
  const ticks = [...main.querySelectorAll(".tick input")];
  const [from, to] = [ticks.indexOf(lastTick), ticks.indexOf(tick)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const one of ticks.slice(from, to + 1)) one.checked = tick.checked;
  lastTick = tick;
  counted();
});

// ---------------------------------------------------------------- copying

function prepare(part) {
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  counted();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "copied";
    announced.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  }
  if (event.target.closest("[data-close]")) keys.close();
});

// ---------------------------------------------------------------- keys

const keys = document.getElementById("keys");
const help = document.getElementById("help");
const PLACES = { g: "/", e: "/executions", j: "/jobs", f: "/functions", h: "/health" };
let before = "";

function mark(row) {
  for (const one of rows()) one.classList.toggle("current", one === row);
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.classList.contains("current"));
  const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by))];
  mark(next);
  (next.querySelector("a") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function acted(key) {
  // What the current row offers, or else what the page does.
  const row = rows().find((one) => one.classList.contains("current"));
  const target = row?.dataset[key];
  if (target) {
    location.assign(target);
    return true;
  }
  const offered = main.querySelector(`[data-key~="${key}"]`);
  if (!offered) return false;
  offered.click();
  if (offered.tagName === "SUMMARY") offered.parentElement.querySelector("input:not([type=hidden])")?.focus();
  return true;
}

function pressed(key) {
  const row = rows().find((one) => one.classList.contains("current"));
  if (before === "g") return PLACES[key] ? (location.assign(PLACES[key]), true) : false;
  switch (key) {
    case "/": return focusFilter();
    case "j": return step(1), true;
    case "k": return step(-1), true;
    case "x": return row?.querySelector(".tick input")?.click(), Boolean(row);
    case "?": return keys.showModal(), true;
    case "r": case "i": case "p": case "e": return acted(key);
    default: return false;
  }
}

function focusFilter() {
  const field = main.querySelector("[data-filter]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
  if (event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (pressed(event.key)) event.preventDefault();
  before = event.key === "g" && before !== "g" ? "g" : "";
});

help?.addEventListener("click", () => keys.showModal());

// ---------------------------------------------------------------- begin

if (help) help.hidden = false;
if (main) prepare(document);
said = document.querySelector("[data-announce]")?.dataset.announce ?? "";
wait = base();
schedule();

// A form is sent once, however often its button is pressed; its key would start nothing twice anyway.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  else if (event.target.method === "post") {
    event.target.dataset.sent = "1";
    setTimeout(() => delete event.target.dataset.sent, 4000);
  }
});
