// State, navigation and the live wire. Everything shown is drawn from `state`, every time something changes.

import { ago, el, hour, icon, initials, tint } from "./dom.js";
import * as screens from "./screens.js";

const state = { people: [], person: null, messages: [], seen: new Set(), view: {}, shown: null };
const $ = (id) => document.getElementById(id);
const BANNER_MS = 6000;
let bannerTimer = 0;

async function json(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function loadPeople() {
  state.people = await json("/api/people");
  if (!state.person && state.people.length) await choose(wished() ?? state.people[0]);
  drawPeople();
  if (!state.person) $("screen").replaceChildren(el("p", { class: "empty waiting" }, "Esperando el primer mensaje…"));
}

const wished = () => state.people.find((person) => `#${person.id}` === location.hash);

async function choose(person, view = {}) {
  state.person = person;
  state.messages = await json(`/api/people/${encodeURIComponent(person.id)}/messages`);
  state.shown = null;
  history.replaceState(null, "", `#${person.id}`);
  $("desk").classList.remove("choosing");
  go(view);
  drawPeople();
}

function go(view) {
  if (view.people) {
    $("desk").classList.add("choosing");
    $("search").focus();
    return;
  }
  if (view.message && view.message.channel !== "email") view = { app: view.message.channel, at: view.message };
  state.view = view;
  const shown = view.message ?? view.at ?? (view.app && view.app !== "email" ? state.messages.filter((m) => m.channel === view.app).at(-1) : null);
  if (shown || view.app) state.shown = shown;
  markSeen(view);
  draw({ moved: true });
}

function markSeen(view) {
  if (view.message) state.seen.add(view.message.id);
  if (view.app && view.app !== "email") {
    for (const message of state.messages) if (message.channel === view.app) state.seen.add(message.id);
  }
}

function currentScreen() {
  const { view } = state;
  if (view.message) return screens.mail(view.message, go);
  if (view.app === "email") return screens.mailbox(state, go);
  if (view.app) return screens.conversation(view.app, state, go);
  return screens.home(state, go);
}

function draw({ moved = false } = {}) {
  if (!state.person) return;
  if (state.view.message && !moved) return drawProof();  // an open mail is not torn down under its reader
  const before = $("screen").querySelector("[data-scroll-end], .mails, .notifications");
  const place = before && !moved ? before.scrollTop : null;
  const nearEnd = before && before.scrollHeight - before.scrollTop - before.clientHeight < 80;
  const screen = currentScreen();
  $("screen").replaceChildren(screen);
  $("phone").dataset.app = state.view.message ? "email" : (state.view.app ?? "home");
  const end = screen.querySelector("[data-scroll-end]");
  if (end && (moved || nearEnd)) end.scrollTop = end.scrollHeight;
  else if (place !== null) (screen.querySelector("[data-scroll-end], .mails, .notifications") ?? screen).scrollTop = place;
  const target = moved && state.view.at && screen.querySelector(`#m-${CSS.escape(state.view.at.id)}`);
  if (target) target.scrollIntoView({ block: "center" });
  return drawProof();
}

function drawProof() {
  $("proof").replaceChildren(...screens.proof(state.shown));
  $("orders").replaceChildren(...screens.orders(state.messages));
}

function drawPeople() {
  const wanted = $("search").value.trim().toLocaleLowerCase("es");
  const found = state.people.filter((person) => person.name.toLocaleLowerCase("es").includes(wanted));
  $("people").replaceChildren(...found.map(personRow));
  if (!found.length) $("people").append(el("li", { class: "empty" }, wanted ? "Nadie se llama así." : "Aún no ha llegado ningún mensaje."));
}

function personRow(person) {
  const current = person.id === state.person?.id;
  const where = [person.locale, person.place].filter(Boolean).join(" · ");
  return el("li", {}, el("button", { class: "person", type: "button", "aria-current": current ? "true" : null, on: { click: () => choose(person) } },
    el("span", { class: `avatar ${tint(person.name)}` }, initials(person.name)),
    el("span", { class: "person-text" },
      el("span", { class: "person-head" }, el("strong", {}, person.name), el("time", {}, person.latest ? ago(person.latest.at) : "")),
      el("span", { class: "person-latest" }, person.latest ? person.latest.subject || person.latest.snippet : ""),
      el("span", { class: "person-where" }, where, person.channels.map((channel) => icon(channel, `mini ${channel}`))))));
}

function arrive({ person, message }) {
  state.people = [person, ...state.people.filter((other) => other.id !== person.id)];
  if (!state.person) {
    choose(person).catch(lost);
    return;
  }
  if (person.id === state.person.id) {
    const index = state.messages.findIndex((known) => known.id === message.id);
    const isNew = index < 0;
    if (isNew) state.messages.push(message);
    else state.messages[index] = message;
    if (state.shown?.id === message.id) state.shown = message;
    if (state.view.app === message.channel && message.channel !== "email") state.seen.add(message.id);
    else if (isNew) notify(message);
    draw();
  }
  drawPeople();
}

function notify(message) {
  const banner = $("banner");
  banner.replaceChildren(...screens.notificationBody(message));
  banner.hidden = false;
  banner.onclick = () => { banner.hidden = true; go({ message }); };
  $("announcer").textContent = `${screens.APPS[message.channel]}: ${message.subject || message.snippet}`;
  clearTimeout(bannerTimer);
  bannerTimer = setTimeout(() => { banner.hidden = true; }, BANNER_MS);
}

function connect() {
  const stream = new EventSource("/api/stream");
  stream.addEventListener("message", (event) => arrive(JSON.parse(event.data)));
  stream.onopen = () => {
    $("wire").textContent = "En directo";
    $("wire").classList.add("live");
    refresh().catch(lost);
  };
  stream.onerror = lost;
}

async function refresh() {
  await loadPeople();
  if (!state.person) return;
  state.messages = await json(`/api/people/${encodeURIComponent(state.person.id)}/messages`);
  draw();
}

function lost() {
  $("wire").textContent = "Sin conexión: ¿sigue en marcha «make demo»? Reintentando…";
  $("wire").classList.remove("live");
}

function tick() {
  $("clock").textContent = hour(Date.now());
  for (const clock of document.querySelectorAll("[data-clock]")) clock.textContent = hour(Date.now());
}

$("home").addEventListener("click", () => go({}));
$("close-people").addEventListener("click", () => $("desk").classList.remove("choosing"));
$("search").addEventListener("input", drawPeople);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if ($("desk").classList.contains("choosing")) $("desk").classList.remove("choosing");
  else go({});
});
tick();
setInterval(tick, 5000);
connect();
