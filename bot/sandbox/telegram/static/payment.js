/** Paying in Stars: the sheet over a chat, and how Stars are written. */

import { avatar, el, icon } from "./dom.js";
import { count } from "./format.js";

export const stars = (number) => `${count(number)} ⭐`;

/** What a service message about money says. */
export function receiptText({ kind, title, total_amount: amount }) {
  return kind === "refunded" ? `You got ${stars(amount)} back for ${title}` : `You paid ${stars(amount)} for ${title}`;
}

const PAID = { paid: null, late: "Backstage: the bot hears of it later.", lost: "Backstage: the bot does not hear of it." };
const HEADS = { refused: "Not paid", "timed-out": "No answer", failed: "Payment failed" };
const ASKING = "Asking the bot…";

/** One payment from the question to its end; the rest of the pane waits until the sheet is closed. */
export class PaymentSheet {
  #pane;
  #bot;
  #invoice;
  #balance;
  #payer;
  #pay;
  #before = document.activeElement;
  #waiting = [];
  #busy = false;
  #box = el("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "sheet-title", tabindex: "-1", testid: "payment-sheet" });
  #cover = el("div", { class: "dialog-cover sheet-cover", on: { keydown: (event) => this.#key(event), click: (event) => event.target === this.#cover && this.close() } }, this.#box);

  /**
   * `pay()` resolves to what the server says of it and raises WireError. `balance` may be unknown; `payer` names
   * somebody who pays another's invoice.
   */
  constructor(pane, { bot, invoice, balance, payer, pay }) {
    this.#pane = pane;
    this.#bot = bot;
    this.#invoice = invoice;
    this.#balance = balance;
    this.#payer = payer;
    this.#pay = pay;
    this.#waiting = [...pane.children].filter((child) => !child.inert);
    for (const child of this.#waiting) child.inert = true;
    this.#ask();
    pane.append(this.#cover);
    this.#box.querySelector(".primary").focus({ preventScroll: true });
  }

  /** Ends it, except in the middle of a payment: that goes on whatever one does. */
  close() {
    if (!this.#busy) this.remove();
  }

  remove() {
    this.#cover.remove();
    for (const child of this.#waiting) child.inert = false;
    this.#before?.focus({ preventScroll: true });
  }

  #ask() {
    const { title, description, total_amount: amount } = this.#invoice;
    const short = this.#balance !== undefined && this.#balance < amount;
    this.#box.replaceChildren(
      el("div", { class: "sheet-what" }, avatar(this.#bot, 3, { class: "bot" }),
        el("div", { class: "sheet-words" },
          el("h2", { id: "sheet-title", dir: "auto", text: title }),
          el("p", { dir: "auto", text: description }))),
      line("Price", stars(amount), "sheet-price"),
      this.#balance === undefined ? "" : line(this.#payer ? `Stars of ${this.#payer}` : "Your Stars", stars(this.#balance), "sheet-balance", short ? "bad" : ""),
      el("div", { class: "sheet-buttons" },
        el("button", { type: "button", class: "button primary", testid: "sheet-pay", on: { click: () => this.#run() }, text: `Pay ${stars(amount)}` }),
        el("button", { type: "button", class: "button", testid: "sheet-cancel", on: { click: () => this.close() }, text: "Cancel" })));
  }

  async #run() {
    this.#busy = true;
    const buttons = this.#box.querySelector(".sheet-buttons");
    buttons.replaceChildren(el("p", { class: "sheet-busy", role: "status", testid: "sheet-busy" }, el("span", { class: "spinner" }), ASKING));
    this.#box.focus({ preventScroll: true });
    try {
      this.#show(await this.#pay());
    } catch (error) {
      if (error.name !== "WireError") throw error;
      this.#show({ status: "failed", message: error.message });
    } finally {
      this.#busy = false;
    }
  }

  #show({ status, message, charge_ids: charges }) {
    const good = status in PAID;
    const head = good ? (charges.length > 1 ? "Paid twice" : "Paid") : HEADS[status];
    const done = el("button", { type: "button", class: "button primary", testid: "sheet-done", on: { click: () => this.close() }, text: good ? "Done" : "Close" });
    this.#box.replaceChildren(
      el("div", { class: `sheet-end ${good ? "good" : "bad"}`, role: good ? "status" : "alert", testid: "sheet-end", "data-status": status },
        el("span", { class: "sheet-mark" }, icon(good ? "check" : "close")),
        el("h2", { id: "sheet-title", text: head }),
        el("p", { dir: "auto", text: message }),
        PAID[status] && el("p", { class: "hint", text: PAID[status] })),
      el("div", { class: "sheet-buttons" }, done));
    this.#busy = false;
    done.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key === "Escape") this.close();
  }
}

function line(label, value, testid, mood = "") {
  return el("div", { class: `sheet-line ${mood}` }, el("span", { text: label }), el("strong", { testid, text: value }));
}
