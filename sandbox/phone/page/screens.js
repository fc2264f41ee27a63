// The screens of the phone. Each takes the state and answers an element; none keeps anything of its own.

import { ago, day, el, exact, hour, icon, initials, linked, outside, tint } from "./dom.js";

export const APPS = { email: "Correo", sms: "Mensajes", whatsapp: "WhatsApp" };
const TICKS = { sent: "Enviado", delivered: "Entregado", read: "Leído" };
const NOTIFICATIONS_SHOWN = 6;

const newestFirst = (messages) => [...messages].sort((a, b) => (a.at < b.at ? 1 : -1));
const of = (messages, channel) => messages.filter((message) => message.channel === channel);

export function home(state, go) {
  const { person, messages, seen } = state;
  const fresh = newestFirst(messages).filter((message) => !seen.has(message.id));
  const shown = (fresh.length ? fresh : newestFirst(messages)).slice(0, NOTIFICATIONS_SHOWN);
  const tracked = newestFirst(messages).find((message) => message.tracking);
  return el("div", { class: "home" },
    el("button", { class: "owner", type: "button", on: { click: () => go({ people: true }) } },
      el("span", { class: `avatar small ${tint(person.name)}` }, initials(person.name)),
      el("span", { class: "owner-name" }, person.name),
      icon("people")),
    el("div", { class: "bigclock" },
      el("p", { class: "date" }, day(Date.now())),
      el("p", { class: "time", "data-clock": true }, hour(Date.now()))),
    tracked && outside(tracked.tracking, "widget", icon("pin"),
      el("span", {}, el("strong", {}, "Sigue tu pedido"), el("small", {}, "Abrir la página de seguimiento"))),
    el("ul", { class: "notifications", "aria-label": "Notificaciones" }, shown.map((message) => notification(message, go))),
    messages.length === 0 && el("p", { class: "empty" }, "Todavía no ha llegado nada a este teléfono."),
    el("nav", { class: "dock", "aria-label": "Aplicaciones" }, Object.keys(APPS).map((channel) => app(channel, state, go))));
}

function app(channel, { messages, seen }, go) {
  const unread = of(messages, channel).filter((message) => !seen.has(message.id)).length;
  const label = unread ? `${APPS[channel]}, ${unread} sin leer` : APPS[channel];
  return el("button", { class: `app ${channel}`, type: "button", "aria-label": label, on: { click: () => go({ app: channel }) } },
    icon(channel),
    unread > 0 && el("span", { class: "badge", "aria-hidden": "true" }, unread > 99 ? "99+" : String(unread)),
    el("span", { class: "app-name" }, APPS[channel]));
}

export function notificationBody(message) {
  return [
    el("span", { class: `app-icon ${message.channel}` }, icon(message.channel)),
    el("span", { class: "notification-text" },
      el("span", { class: "notification-head" }, el("strong", {}, message.subject || message.sender), el("time", {}, ago(message.at))),
      el("span", { class: "notification-snippet" }, message.snippet)),
  ];
}

function notification(message, go) {
  return el("li", {}, el("button", { class: "notification", type: "button", on: { click: () => go({ message }) } }, notificationBody(message)));
}

function appBar(title, subtitle, go, back, picture) {
  return el("header", { class: "appbar" },
    el("button", { class: "back", type: "button", "aria-label": "Atrás", on: { click: () => go(back) } }, icon("back")),
    picture,
    el("div", { class: "titles" }, el("h2", {}, title), subtitle && el("p", {}, subtitle)));
}

export function mailbox(state, go) {
  const mails = newestFirst(of(state.messages, "email"));
  return el("div", { class: "appscreen mail" },
    appBar("Entrada", `${mails.length} mensajes`, go, {}),
    mails.length === 0 && el("p", { class: "empty" }, "Todavía no ha llegado ningún correo."),
    el("ul", { class: "mails" }, mails.map((mail) =>
      el("li", {}, el("button", { class: state.seen.has(mail.id) ? "mailrow" : "mailrow unread", type: "button", on: { click: () => go({ message: mail }) } },
        el("span", { class: "mail-head" }, el("strong", {}, mail.sender), el("time", {}, ago(mail.at))),
        el("span", { class: "mail-subject" }, mail.subject || "(sin asunto)"),
        el("span", { class: "mail-snippet" }, mail.snippet))))));
}

export function mail(message, go) {
  const body = message.html
    ? el("iframe", { class: "mailframe", title: message.subject || "Correo", src: `/mails/${encodeURIComponent(message.id)}`,
      sandbox: "allow-popups allow-popups-to-escape-sandbox", referrerpolicy: "no-referrer" })
    : el("div", { class: "plaintext" }, linked(message.text));
  return el("div", { class: "appscreen mail" },
    appBar(message.subject || "(sin asunto)", `${message.sender} · ${hour(message.at)}`, go, { app: "email" }),
    body);
}

export function conversation(channel, state, go) {
  const messages = of(state.messages, channel).sort((a, b) => (a.at > b.at ? 1 : -1));
  const from = messages.at(-1)?.sender ?? APPS[channel];
  const picture = el("span", { class: `avatar small ${channel === "whatsapp" ? "shop" : "tint-1"}` }, initials(from));
  let lastDay = "";
  const rows = messages.flatMap((message) => {
    const heading = day(message.at) === lastDay ? [] : [el("li", { class: "day" }, day(message.at))];
    lastDay = day(message.at);
    return [...heading, bubble(message)];
  });
  return el("div", { class: `appscreen ${channel}` },
    appBar(from, messages.length === 0 ? "" : channel === "whatsapp" ? "Cuenta de empresa" : "SMS", go, {}, picture),
    el("ul", { class: "bubbles", "data-scroll-end": true },
      messages.length === 0 && el("li", { class: "empty" }, `Todavía no ha llegado nada por ${channel === "sms" ? "SMS" : APPS[channel]}.`), rows));
}

function bubble(message) {
  return el("li", { class: "bubble", id: `m-${message.id}` },
    el("p", {}, linked(message.text)),
    message.channel === "whatsapp" && message.tracking && outside(message.tracking, "bubble-button", icon("pin"), "Abrir el seguimiento"),
    el("span", { class: "stamp" }, el("time", { title: exact(message.at) }, hour(message.at)), message.channel === "whatsapp" && ticks(message.status)));
}

function ticks(status) {
  const words = TICKS[status] ?? status;
  return el("span", { class: `ticks ${status}`, role: "img", "aria-label": words, title: words }, icon(status === "sent" ? "one" : "two"));
}

export function proof(message) {
  if (!message) return [el("dt", {}, "Elige un mensaje"), el("dd", {}, "para ver qué recibió exactamente su proveedor.")];
  const rows = { Proveedor: message.provider, Canal: APPS[message.channel], Aceptado: exact(message.at), Estado: TICKS[message.status] ?? message.status,
    Plantilla: message.template, Mensaje: message.id, "SHA-256": message.sha256 };
  return Object.entries(rows).filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
}

export function orders(messages) {
  const urls = [...new Set(newestFirst(messages).map((message) => message.tracking).filter(Boolean))];
  if (urls.length === 0) return [el("li", { class: "empty" }, "Aún sin página de seguimiento.")];
  return urls.map((url) => {
    const last = newestFirst(messages).find((message) => message.tracking === url && message.subject) ?? newestFirst(messages).find((message) => message.tracking === url);
    return el("li", {}, outside(url, "order", icon("pin"), el("span", {}, el("strong", {}, "Seguimiento"), el("small", {}, last.subject ?? last.snippet))));
  });
}
