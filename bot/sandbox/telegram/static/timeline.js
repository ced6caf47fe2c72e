/** The scrolling list of messages: days, groups, edits in place, and where the reader stands. */

import { bubble } from "./bubble.js";
import { el, icon } from "./dom.js";
import { dayKey, dayName } from "./format.js";
import { refreshBusy } from "./keyboard.js";
import { receiptText } from "./payment.js";

const NEAR_PX = 90;
const GROUP_SECONDS = 600;
const STILL_MS = 900;

export class Timeline {
  #messages = new Map();
  #nodes = new Map();
  #context;
  #list = el("div", { class: "timeline-list", role: "log", "aria-live": "off", "aria-label": "Messages" });
  #still = 0;
  #unread = 0;
  #badge = el("span", { class: "badge", hidden: true });
  #down;
  #announce = el("div", { class: "visually-hidden", "aria-live": "polite" });
  #onNew;

  /** `context` as bubble() wants it; `onNew(message)` runs for every message of the bot that arrives live. */
  constructor(context, onNew) {
    this.#context = context;
    this.#onNew = onNew;
    this.scroller = el("div", { class: "timeline", tabindex: "-1", testid: "timeline" }, this.#list);
    this.#down = el("button", { type: "button", class: "down", "aria-label": "To the newest message", hidden: true, testid: "scroll-down",
      on: { click: () => this.toEnd("smooth") } }, icon("down"), this.#badge);
    this.node = el("div", { class: "timeline-frame" }, this.scroller, this.#down, this.#announce);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const sizes = new ResizeObserver(() => this.#atEnd && this.toEnd());
    for (const node of [this.scroller, this.#list]) sizes.observe(node);
    this.#list.addEventListener("load", () => this.#atEnd && this.toEnd(), { capture: true });
  }

  #atEnd = true;
  #top = 0;

  get isEmpty() {
    return this.#messages.size === 0;
  }

  get(messageId) {
    return this.#messages.get(messageId);
  }

  /** The newest own message, for "arrow up edits it". */
  lastOwn() {
    return [...this.#messages.values()].filter((message) => message.from === "person" && message.html).pop();
  }

  lastTheirs() {
    return [...this.#messages.values()].filter((message) => message.from === "bot" && !message.receipt).pop();
  }

  /** Shows another chat: forgets everything. */
  clear() {
    this.#messages.clear();
    this.#nodes.clear();
    this.#list.replaceChildren();
    this.#atEnd = true;
    this.#countUnread(0);
  }

  /** Brings the list to what the server says, as after a lost connection; unchanged messages are not touched. */
  reset(messages) {
    const wanted = new Set(messages.map((message) => message.message_id));
    for (const id of [...this.#messages.keys()]) if (!wanted.has(id)) this.remove(id);
    for (const message of messages) if (!same(message, this.#messages.get(message.message_id))) this.#put(message);
    if (this.#atEnd) this.toEnd();
  }

  /** A new message; the list follows when the reader is at its end or has written it. */
  add(message) {
    const follow = this.#atEnd || message.from === "person";
    this.#put(message);
    this.#nodes.get(message.message_id)?.classList.add("arrived");
    if (follow) this.toEnd();
    else this.#countUnread(this.#unread + 1);
    if (message.from === "bot") this.#say(message);
  }

  /** Replaces a message where it stands; what the reader looks at does not move, focus stays on its button. */
  edit(message) {
    const node = this.#nodes.get(message.message_id);
    if (!node || same(message, this.#messages.get(message.message_id))) return;
    const focused = focusedKey(node);
    const above = node.getBoundingClientRect().bottom < this.scroller.getBoundingClientRect().top + 1;
    const height = node.offsetHeight;
    this.#put(message);
    const fresh = this.#nodes.get(message.message_id);
    fresh.classList.add("changed");
    if (focused >= 0) fresh.querySelectorAll(".key")[focused]?.focus({ preventScroll: true });
    if (this.#atEnd) this.toEnd();
    else if (above) this.scroller.scrollTop += fresh.offsetHeight - height;
  }

  remove(messageId) {
    const node = this.#nodes.get(messageId);
    const [day, before] = [node?.parentElement, node?.previousElementSibling];
    node?.remove();
    this.#nodes.delete(messageId);
    this.#messages.delete(messageId);
    if (day && !day.querySelector(".message")) day.remove();
    else if (day) this.#group(before);
  }

  refreshBusy(messageId) {
    const message = this.#messages.get(messageId);
    const shown = this.#nodes.get(messageId)?.querySelector(".keyboard");
    if (shown) refreshBusy(shown, message.keyboard, { isBusy: (button) => this.#context.isBusy(message, button) });
  }

  react(messageId, emoji) {
    const message = this.#messages.get(messageId);
    if (message) this.edit({ ...message, reaction: emoji ?? null });
  }

  jump(messageId) {
    const node = this.#nodes.get(messageId);
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.classList.remove("changed");
    requestAnimationFrame(() => node?.classList.add("changed"));
  }

  toEnd(behavior = "instant") {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
    if (behavior === "instant") this.#scrolled();
  }

  #put(message) {
    const old = this.#nodes.get(message.message_id);
    const node = bubble(message, this.#context);
    node.addEventListener("animationend", () => node.classList.remove("arrived", "changed"));
    this.#messages.set(message.message_id, message);
    this.#nodes.set(message.message_id, node);
    if (old) old.replaceWith(node);
    else this.#insert(node, message);
    this.#group(node);
    this.#group(node.previousElementSibling);
  }

  /** Messages of one sender that follow each other closely stand together; only the last of them has a tail. */
  #group(node) {
    const message = this.#messages.get(Number(node?.dataset.messageId));
    if (!message) return;
    const next = this.#messages.get(Number(node.nextElementSibling?.dataset.messageId));
    const closes = !next || message.keyboard || next.from !== message.from || next.date - message.date > GROUP_SECONDS;
    node.classList.toggle("tail", Boolean(closes));
  }

  #insert(node, message) {
    const day = this.#day(message.date);
    let after = day.lastElementChild;
    while (Number(after.dataset.messageId) > message.message_id) after = after.previousElementSibling;
    after.after(node);
  }

  #day(seconds) {
    const key = dayKey(seconds);
    const known = [...this.#list.children].find((day) => day.dataset.day === key);
    if (known) return known;
    const day = el("section", { class: "day", "data-day": key, "data-since": seconds }, el("h2", { class: "day-name" }, el("span", { text: dayName(seconds) })));
    const next = [...this.#list.children].find((other) => Number(other.dataset.since) > seconds);
    this.#list.insertBefore(day, next ?? null);
    return day;
  }

  #say(message) {
    this.#announce.textContent = spoken(message);
    this.#onNew(message);
  }

  /** The name of the day floats over the messages only while they move. */
  #showDay() {
    const top = this.scroller.getBoundingClientRect().top;
    for (const day of this.#list.children) day.firstElementChild.classList.toggle("stuck", day.getBoundingClientRect().top < top - 2);
    this.scroller.classList.add("scrolling");
    clearTimeout(this.#still);
    this.#still = setTimeout(() => this.scroller.classList.remove("scrolling"), STILL_MS);
  }

  #scrolled() {
    this.#showDay();
    this.#atEnd = this.#standsAtEnd();
    this.#down.hidden = this.#atEnd;
    if (this.#atEnd) this.#countUnread(0);
  }

  /** Only who scrolls up leaves the end: a list that grows under the reader, as when it gets narrower, takes nobody away. */
  #standsAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const stayed = this.#atEnd && scrollTop >= this.#top - 1;
    this.#top = scrollTop;
    return stayed || scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  #countUnread(number) {
    this.#unread = number;
    this.#badge.textContent = String(number);
    this.#badge.hidden = number === 0;
  }
}

function spoken(message) {
  if (message.receipt) return receiptText(message.receipt);
  if (message.invoice) return `An invoice: ${message.invoice.title}`;
  return message.text || (message.photo ? "A picture" : "A new message");
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const focusedKey = (node) => [...node.querySelectorAll(".key")].indexOf(document.activeElement);
