/** Inline keyboards under a message, reply keyboards under the composer, and presses that wait for their answer. */

import { el, icon } from "./dom.js";

const SPINNER_MS = 20_000; // a press nobody answers stops turning, as in any chat client
const STYLES = new Set(["primary", "success", "danger"]);
const CORNERS = { url: "arrow-out", copy_text: "copy", web_app: "window", pay: "card" };

/** Presses under way. An answer may come before the press request returns, so early answers are remembered. */
export class Presses {
  #waiting = new Map();
  #stops = new Map();
  #answered = new Set();
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
  }

  isBusy(messageId, data) {
    return (this.#waiting.get(key(messageId, data)) ?? 0) > 0;
  }

  /** Runs `send()`, which resolves to the callback id, and turns the spinner until that callback is answered. */
  async run(messageId, data, send) {
    this.#count(messageId, data, 1);
    let stopped = false;
    const stop = () => {
      if (!stopped) this.#count(messageId, data, -1);
      stopped = true;
    };
    try {
      const { callback_id: callbackId } = await send();
      if (this.#answered.delete(callbackId)) stop();
      else this.#stops.set(callbackId, stop);
    } catch (error) {
      stop();
      throw error;
    }
    setTimeout(stop, SPINNER_MS);
  }

  answer(callbackId) {
    const stop = this.#stops.get(callbackId);
    if (stop) stop();
    else this.#answered.add(callbackId);
    this.#stops.delete(callbackId);
  }

  #count(messageId, data, step) {
    const name = key(messageId, data);
    this.#waiting.set(name, (this.#waiting.get(name) ?? 0) + step);
    this.#onChange(messageId);
  }
}

const key = (messageId, data) => `${messageId}\n${data}`;

/** Rows of buttons; `context.press(button)` acts, `context.isBusy(button)` says which one spins. */
export function inlineKeyboard(rows, context) {
  return el("div", { class: "keyboard", testid: "keyboard" }, ...rows.map((row) => keyboardRow(row, context)));
}

function keyboardRow(row, context) {
  return el("div", { class: "keyboard-row" }, ...row.map((button) => inlineButton(button, context)));
}

function inlineButton(button, context) {
  const kind = Object.keys(CORNERS).find((name) => button[name]);
  const busy = context.isBusy(button);
  const style = STYLES.has(button.style) ? ` ${button.style}` : "";
  const options = { class: `key${style}${busy ? " busy" : ""}`, testid: "keyboard-button", title: button.text };
  const parts = [
    el("span", { class: "key-text", dir: "auto", text: button.text }),
    kind && el("span", { class: "key-corner" }, icon(CORNERS[kind])),
    busy && el("span", { class: "spinner" }),
  ];
  if (button.url) return el("a", { ...options, href: safeHref(button.url), target: "_blank", rel: "noopener noreferrer" }, ...parts);
  const state = { type: "button", "aria-busy": busy ? "true" : null };
  return el("button", { ...options, ...state, on: { click: () => context.press(button) } }, ...parts);
}

function safeHref(url) {
  return /^https?:/i.test(url) ? url : null;
}

/** Marks the spinning buttons of a keyboard that is already shown, without building it anew. */
export function refreshBusy(node, rows, context) {
  rows.flat().forEach((button, index) => {
    const shown = node.querySelectorAll(".key")[index];
    const busy = context.isBusy(button);
    shown.classList.toggle("busy", busy);
    shown.querySelector(".spinner")?.remove();
    if (busy) shown.append(el("span", { class: "spinner" }));
    if (busy) shown.setAttribute("aria-busy", "true");
    else shown.removeAttribute("aria-busy");
  });
}

/** The keyboard that stands where letters would be; a button may be a bare string or an object with `text`. */
export function replyKeyboard(markup, onText) {
  const rows = markup.keyboard.map((row) => row.map((button) => (typeof button === "string" ? { text: button } : button)));
  const button = ({ text, style }) =>
    el("button", { type: "button", class: `key reply-key ${STYLES.has(style) ? style : ""}`, testid: "reply-key", on: { click: () => onText(text) } },
      el("span", { class: "key-text", dir: "auto", text }));
  const row = (buttons) => el("div", { class: "keyboard-row" }, ...buttons.map(button));
  return el("div", { class: "reply-keyboard", testid: "reply-keyboard" }, ...rows.map(row));
}
