// Elements from data. Text only ever becomes a text node: nothing a carrier or a shop wrote is read as markup.

const SVG = "http://www.w3.org/2000/svg";
const LINK = /https?:\/\/[^\s<>"]+/g;
const TRAILING = /[.,;:!?)»”]+$/;

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name, kind = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${kind}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function outside(url, kind, ...children) {
  return el("a", { class: kind, href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// Text with its links made clickable; only http and https ever become a link.
export function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const url = match[0].replace(TRAILING, "");
    parts.push(text.slice(end, match.index), outside(url, "link", url.replace(/^https?:\/\//, "")));
    end = match.index + url.length;
  }
  parts.push(text.slice(end));
  return parts;
}

const HOUR = new Intl.DateTimeFormat("es", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("es", { weekday: "long", day: "numeric", month: "long" });
const EXACT = new Intl.DateTimeFormat("es", { dateStyle: "medium", timeStyle: "medium" });

export const hour = (instant) => HOUR.format(new Date(instant));
export const day = (instant) => DAY.format(new Date(instant));
export const exact = (instant) => EXACT.format(new Date(instant));

export function ago(instant) {
  const minutes = Math.floor((Date.now() - new Date(instant)) / 60000);
  if (minutes < 1) return "ahora";
  if (minutes < 60) return `${minutes} min`;
  return hour(instant);
}

export function initials(name) {
  const letters = name.split(/[\s@.]+/).filter((part) => /^\p{L}/u.test(part)).map((part) => part[0]);
  return letters.slice(0, 2).join("").toUpperCase() || "#";
}

// A steady colour for each name, out of six that keep white text readable.
export function tint(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return `tint-${sum % 6}`;
}
