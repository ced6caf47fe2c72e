/** The orders a panel has taken, with the buttons that move them, and what was asked for after the sale. */

import { actionButton } from "./controls.js";
import { copyText, el, icon } from "./dom.js";
import { count } from "./format.js";

const STATUSES = ["Pending", "Processing", "In progress", "Completed", "Partial", "Canceled", "Refunded", "Fail", "Error"];
const OPEN = new Set(["Pending", "Processing", "In progress"]);
const REFILL_STATUSES = ["Pending", "In progress", "Completed", "Rejected"];
const OPEN_REFILLS = new Set(["Pending", "In progress"]);
const TONES = { Completed: "good", Partial: "warn", Canceled: "bad", Refunded: "bad", Fail: "bad", Error: "bad" };
const STEP_PERCENT = 25;
const FIRST = 8;
/** How many characters of a long link's end are always seen: what tells two posts of one page apart. */
const LINK_END = 14;

export const isOpen = (order) => OPEN.has(order.status);

/** `change(id, change)` posts to the panel, `changeRefill(id, change)` about a refill. */
export class OrderList {
  #change;
  #changeRefill;
  #rows = new Map();
  #list = el("div", { class: "orders" });
  #empty = el("p", { class: "hint", text: "No orders yet. Buy something in the chat." });
  #more = actionButton("", () => this.#showAll(), { class: "quiet", testid: "orders-more" });
  #all = false;
  #orders = [];
  #refills = new Map();

  constructor(change, changeRefill) {
    this.#change = change;
    this.#changeRefill = changeRefill;
    this.node = el("div", { class: "part" }, el("h3", { text: "Orders" }), this.#empty, this.#list, this.#more);
  }

  /** Rows are kept and changed in place, so a menu that is open stays open. */
  update(orders, refills = this.#refills) {
    this.#orders = orders;
    this.#refills = refills instanceof Map ? refills : newestByOrder(refills);
    const shown = this.#all ? orders : orders.slice(0, FIRST);
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
    }
    shown.forEach((order, index) => this.#place(order, index));
    this.#empty.hidden = orders.length > 0;
    this.#more.hidden = shown.length === orders.length;
    this.#more.textContent = `Show ${count(orders.length - shown.length)} more`;
  }

  #place(order, index) {
    const row = this.#rows.get(order.id) ?? new OrderRow(order.id, (change) => this.#change(order.id, change), this.#changeRefill);
    this.#rows.set(order.id, row);
    row.update(order, this.#refills.get(order.id));
    if (this.#list.children[index] !== row.node) this.#list.insertBefore(row.node, this.#list.children[index] ?? null);
  }

  #showAll() {
    this.#all = true;
    this.update(this.#orders);
  }
}

/** The panel lists them newest first, and only the newest of an order still moves. */
const newestByOrder = (refills) => new Map([...refills].reverse().map((refill) => [refill.order, refill]));

class OrderRow {
  #order = null;
  #refill = null;
  #service = el("div", { class: "order-service", dir: "auto" });
  #link = linkLine();
  #amount = el("span", { class: "order-amount", testid: "order-amount" });
  #bar = el("progress", { max: "1", value: "0" });
  #status = el("select", { "aria-label": "Status", testid: "order-status" }, ...STATUSES.map((status) => el("option", { value: status, text: status })));
  #moves;
  #asked = el("span", { class: "chip warn", testid: "order-cancel-asked", hidden: true, text: "cancel asked" });
  #refillName = el("span", { class: "order-amount" });
  #refillStatus = el("select", { "aria-label": "Refill status", testid: "refill-status" }, ...REFILL_STATUSES.map((status) => el("option", { value: status, text: status })));
  #refillMoves;
  #refillLine;

  constructor(id, change, changeRefill) {
    this.#status.addEventListener("change", () => change({ status: this.#status.value }));
    this.#moves = el("div", { class: "order-moves" },
      actionButton("Advance", () => change({ advance: STEP_PERCENT }), { class: "small", testid: "order-advance" }),
      actionButton("Complete", () => change({ status: "Completed" }), { class: "small", testid: "order-complete" }),
      actionButton("Partial", () => change({ status: "Partial", remains: this.#left() }), { class: "small", testid: "order-partial" }),
      actionButton("Cancel", () => change({ status: "Canceled" }), { class: "small", testid: "order-cancel" }));
    const refill = (status) => changeRefill(this.#refill.id, { status });
    this.#refillStatus.addEventListener("change", () => refill(this.#refillStatus.value));
    this.#refillMoves = el("div", { class: "order-moves two" },
      actionButton("Complete refill", () => refill("Completed"), { class: "small", testid: "refill-complete" }),
      actionButton("Reject refill", () => refill("Rejected"), { class: "small", testid: "refill-reject" }));
    this.#refillLine = el("div", { class: "order-refill", testid: "order-refill", hidden: true }, el("div", { class: "order-head" }, this.#refillName, this.#refillStatus), this.#refillMoves);
    this.node = el("article", { class: "order", testid: "order-row", "data-order-id": id },
      el("div", { class: "order-head" }, copyId(id), this.#amount, this.#asked, this.#status), this.#service, this.#link, this.#bar, this.#moves, this.#refillLine);
  }

  update(order, refill) {
    this.#order = order;
    this.#asked.hidden = !(order.cancel_asked && isOpen(order));
    this.#showRefill(refill);
    this.#service.textContent = order.service_name;
    showLink(this.#link, order.link);
    this.#amount.textContent = order.remains === null ? count(order.quantity) : `${count(order.quantity - order.remains)} of ${count(order.quantity)}`;
    this.#bar.value = order.remains === null || !order.quantity ? Number(!isOpen(order)) : (order.quantity - order.remains) / order.quantity;
    this.#moves.hidden = !isOpen(order);
    this.node.dataset.tone = TONES[order.status] ?? "open";
    if (document.activeElement !== this.#status) showStatus(this.#status, order.status);
  }

  #showRefill(refill) {
    this.#refill = refill ?? null;
    this.#refillLine.hidden = !refill;
    if (!refill) return;
    this.#refillName.textContent = `Refill ${refill.id}`;
    this.#refillMoves.hidden = !OPEN_REFILLS.has(refill.status);
    if (document.activeElement !== this.#refillStatus) showStatus(this.#refillStatus, refill.status);
  }

  /** What a partial leaves: what is left now, or half when nothing or everything is. */
  #left() {
    const { quantity, remains } = this.#order;
    return remains && remains < quantity ? remains : Math.max(1, Math.floor(quantity / 2));
  }
}

/** A word the menu does not have yet is added to it. */
function showStatus(select, status) {
  if (![...select.options].some((option) => option.value === status)) select.append(el("option", { value: status, text: status }));
  select.value = status;
}

/** The link an order is for, with its middle left out where it is long; a press shows all of it. */
function linkLine() {
  const node = el("button", { type: "button", class: "order-link", testid: "order-link" }, el("span", { class: "start" }), el("span", { class: "end" }));
  node.addEventListener("click", () => node.classList.toggle("open"));
  return node;
}

function showLink(node, link) {
  const short = link.replace(/^https?:\/\/(www\.)?/i, "");
  const cut = Math.max(0, short.length - LINK_END);
  if (node.title !== link) [short.slice(0, cut), short.slice(cut)].forEach((part, index) => { node.children[index].textContent = part; });
  node.title = link;
  node.hidden = !link;
}

function copyId(id) {
  const node = el("button", { type: "button", class: "order-id", testid: "order-id", title: "Copy the panel’s order id" }, el("span", { text: id }), icon("copy"));
  node.addEventListener("click", async () => {
    if (!(await copyText(id))) return;
    node.classList.add("copied");
    setTimeout(() => node.classList.remove("copied"), 1200);
  });
  return node;
}
