/** Small helpers over the DOM. Text always goes through textContent; nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * One element. `text` is textContent, `testid` a data-testid, `on` a table of listeners; other options are
 * attributes, left out when null, undefined or false.
 */
export function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) setOption(node, name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setOption(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "text") node.textContent = value;
  else if (name === "testid") node.dataset.testid = value;
  else if (name === "on") listen(node, value);
  else node.setAttribute(name, value === true ? "" : value);
}

function listen(node, listeners) {
  for (const [event, listener] of Object.entries(listeners)) node.addEventListener(event, listener);
}

/** An icon of the sprite in index.html; decoration only, so hidden from assistive technology. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only an icon; `label` is its name for everybody who cannot see it, and its tooltip. */
export function iconButton(name, label, onClick, options = {}) {
  const extra = options.class ? ` ${options.class}` : "";
  const all = { type: "button", "aria-label": label, title: label, ...options, class: `icon-button${extra}` };
  return el("button", { ...all, on: { click: onClick } }, icon(name));
}

/** A round picture with initials; the colour belongs to the id, so a person keeps theirs. */
export function avatar(name, id, options = {}) {
  const colour = `tint-${Math.abs(Number(id) || 0) % 7}`;
  return el("span", { class: `avatar ${colour} ${options.class ?? ""}`, "aria-hidden": "true", text: initials(name) });
}

function initials(name) {
  const words = name.trim().split(/[\s-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0] ?? "?"];
  return letters.map(firstLetter).join("").toUpperCase();
}

/** The first letter as people see it: Thai and emoji are more than one code point. */
function firstLetter(word) {
  const first = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(word)[Symbol.iterator]().next();
  return first.value.segment;
}

/** Copies to the clipboard, also where the page has no secure context; false when the browser refuses. */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (refused) {
      console.info("clipboard refused, trying the old way", refused.name);
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text) {
  const field = el("textarea", { class: "visually-hidden" });
  const focused = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}

/** Choices that outlive a reload; a browser that forbids storage only forgets them. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`sandbox-chat.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`sandbox-chat.${key}`, value);
    } catch {
      console.info("this browser keeps nothing between visits");
    }
  },
};
