/** Stars backstage: how the next payments go, what was paid, and who has how many. */

import { actionButton, activeFault, choice, fieldsForm, numberField } from "./controls.js";
import { el } from "./dom.js";
import { fullName, fullTime } from "./format.js";
import { stars } from "./payment.js";
import { postJson } from "./wire.js";

const LATE_SECONDS = 20;
/** What each way is called, and what it means in one line. */
const WAYS = {
  declined: ["Decline it", "The bot says yes, then the payment fails. No Star moves."],
  late: ["Tell the bot late", `Paid at once; the bot hears of it ${LATE_SECONDS} seconds later, or when you tell it below.`],
  lost: ["Never tell the bot", "Paid and in Telegram’s list of transactions; the message to the bot is lost."],
  twice: ["Pay it twice", "The bot says yes to both before either is paid."],
};

export class StarsCard {
  #act;
  #directory;
  #active = el("div", { class: "active-faults" });
  #chip = el("span", { class: "chip warn", hidden: true, text: "next one goes wrong" });
  #list = el("div", { class: "orders" });
  #who = choice("", "id", []);
  #balances = el("p", { class: "hint", testid: "star-balances" });
  #shownPeople = "";
  #shownPayments = "";

  constructor(act, directory) {
    this.#act = act;
    this.#directory = directory;
    this.node = el("details", { class: "card", testid: "stars-card" },
      el("summary", {}, el("strong", { text: "Stars" }), this.#chip),
      this.#active,
      part("The next payment", "What the bot itself answers is another matter: stop it, and nobody answers in time.", this.#presets()),
      part("Paid so far", "Telegram may take a payment back by itself, and need not tell the bot.", this.#list),
      part("Who has how many", "", el("div", {}, this.#balances, this.#balanceForm())));
  }

  update({ payment }, payments) {
    this.#chip.hidden = !payment;
    this.#active.replaceChildren(...(payment ? [this.#armed(payment)] : []));
    this.#fillPeople();
    if (payments) this.#fillPayments(payments);
  }

  #armed({ how, count }) {
    const words = WAYS[how]?.[0] ?? how;
    return activeFault(`${words}: the next ${count === 1 ? "payment" : `${count} payments`}`, () => this.#post("/faults", { payment: null }));
  }

  #post(path, body) {
    return this.#act(() => postJson(path, body));
  }

  #presets() {
    const buttons = Object.entries(WAYS).map(([how, [title, words]]) => {
      const payment = { how, ...(how === "late" ? { seconds: LATE_SECONDS } : {}) };
      const button = actionButton("", () => this.#post("/faults", { payment }), { class: "preset", testid: `payment-${how}` });
      button.append(el("strong", { text: title }), el("small", { class: "scope", text: "next payment" }), el("span", { text: words }));
      return button;
    });
    return el("div", { class: "presets" }, ...buttons);
  }

  /** Built anew only when something has changed, so that nothing moves under a finger. */
  #fillPayments(payments) {
    const now = JSON.stringify(payments);
    if (now === this.#shownPayments) return;
    this.#shownPayments = now;
    this.#list.replaceChildren(...payments.map((payment) => this.#payment(payment)));
    if (!payments.length) this.#list.append(el("p", { class: "hint", text: "Nothing yet." }));
  }

  #payment({ charge_id: charge, person_id: id, title, total_amount: amount, date, told, refunded }) {
    const body = { charge_id: charge };
    const person = this.#directory.people.find((one) => one.id === id);
    const state = [refunded && "given back", !told && "the bot was not told"].filter(Boolean).join(", ");
    const buttons = [
      !refunded && actionButton("Take it back", () => this.#post(`/chat/${id}/take-back`, body), { class: "small", testid: "take-back" }),
      !refunded && actionButton("Take it back quietly", () => this.#post(`/chat/${id}/take-back`, { ...body, quiet: true }), { class: "small", testid: "take-back-quietly" }),
      !told && actionButton("Tell the bot", () => this.#post(`/chat/${id}/release`, body), { class: "small", testid: "release" }),
    ].filter(Boolean);
    return el("div", { class: "order payment", testid: "payment-row", "data-charge-id": charge, "data-tone": refunded ? "bad" : told ? "good" : "warn" },
      el("div", { class: "order-head" }, el("strong", { text: stars(amount) }), el("span", { class: "order-amount", dir: "auto", text: person ? fullName(person) : String(id) }),
        el("time", { class: "mini-label", datetime: new Date(date * 1000).toISOString(), text: fullTime(date) })),
      el("p", { class: "order-service", dir: "auto" }, title, state && el("span", { class: "payment-state", testid: "payment-state", text: state })),
      buttons.length > 0 && el("div", { class: "card-line" }, ...buttons));
  }

  #balanceForm() {
    return fieldsForm([this.#who, numberField("has", "stars", 2500, { max: 1_000_000_000, unit: "⭐" })], "Set",
      ({ id, stars: number }) => this.#post(`/chat/${id}/stars`, { stars: Number(number) }), "stars-form");
  }

  #fillPeople() {
    const { people } = this.#directory;
    const now = JSON.stringify(people);
    if (now === this.#shownPeople) return;
    this.#shownPeople = now;
    this.#balances.textContent = people.map((person) => `${fullName(person)}: ${stars(person.stars ?? 0)}`).join(" · ");
    const select = this.#who.querySelector("select");
    const chosen = select.value;
    select.replaceChildren(...people.map((person) => el("option", { value: String(person.id), text: fullName(person) })));
    if (people.some(({ id }) => String(id) === chosen)) select.value = chosen;
  }
}

function part(title, hint, content) {
  return el("div", { class: "part" }, el("h3", { text: title }), hint && el("p", { class: "hint", text: hint }), content);
}
