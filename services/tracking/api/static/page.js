// Keeps an open page true: asks every 15 seconds whether anything changed and only then fetches the page anew.
// Without this script the page is complete; it is merely as old as its last loading.

const PAUSE_MS = 15_000;
const DEADLINE_MS = 10_000;
const MISSED_BEFORE_SAYING_SO = 3;

const address = new URL(location.href);
address.hash = "";
const answer = new URL(address);
answer.pathname += ".json";

let known = document.querySelector("main")?.dataset.tag ?? null;
let missed = 0;
let timer = 0;

function say(text) {
  const live = document.getElementById("live");
  if (live !== null && live.textContent !== text) {
    live.textContent = text;
    live.hidden = false;
  }
}

function words(name) {
  return document.getElementById("live")?.dataset[name] ?? "";
}

function get(url, headers) {
  return fetch(url, { headers, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(DEADLINE_MS) });
}

async function show() {
  const response = await get(address, {});
  if (!response.ok) throw new Error(`page answered ${response.status}`);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const [now, next] = [document.querySelector("main"), fresh.querySelector("main")];
  if (now === null || next === null) throw new Error("page without a main part");
  const opened = [...now.querySelectorAll("details")].map((each) => each.open);
  next.querySelectorAll("details").forEach((each, nth) => { each.open = opened[nth] ?? false; });
  const title = now.querySelector("h1");
  const changed = next.querySelector("h1");
  if (title !== null && changed !== null) {
    title.textContent = changed.textContent; // the same element, so that a screen reader hears the new state
    changed.replaceWith(title);
  }
  now.replaceWith(document.adoptNode(next));
  document.title = fresh.title;
}

async function ask() {
  const response = await get(answer, known === null ? {} : { "If-None-Match": known });
  if (response.status === 404) {
    location.reload();
    return false;
  }
  if (response.status !== 304) {
    if (!response.ok) throw new Error(`answer was ${response.status}`);
    const tag = response.headers.get("ETag");
    if (tag !== known) await show();
    known = tag;
  }
  return true;
}

async function round() {
  let goOn = true;
  try {
    goOn = await ask();
    missed = 0;
    say(words("liveText"));
  } catch {
    missed += 1; // away or offline: what is shown stays, and after a while we say that it may be old
    if (missed >= MISSED_BEFORE_SAYING_SO) say(words("stalledText"));
  }
  if (goOn) wait();
}

function wait() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(round, PAUSE_MS * Math.min(1 + missed, 8) * (0.9 + Math.random() * 0.2));
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) round();
});

round();
