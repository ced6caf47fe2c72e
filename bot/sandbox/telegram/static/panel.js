/** One panel's card: balance, speed, orders, and the ways to break it. It opens by itself when an order comes in. */

import { ACTIONS, describeFault, KINDS, listFaults, presetButtons, sameFault, wordsField } from "./breaking.js";
import { actionButton, activeFault, choice, fieldsForm, numberField } from "./controls.js";
import { el } from "./dom.js";
import { count } from "./format.js";
import { isOpen, OrderList } from "./orders.js";
import { deleteJson, getJson, postJson } from "./wire.js";

export class PanelCard {
  #url;
  #act;
  #balance = el("input", { name: "balance", inputmode: "decimal", required: true, pattern: "-?[0-9]+([.,][0-9]+)?", "aria-label": "Balance", testid: "panel-balance" });
  #currency = el("span", { class: "currency" });
  #pace = numberField("", "seconds", 5, { min: 0.1, max: 3600, step: 0.1, unit: "s a step" });
  #auto;
  #hand;
  #faults = el("div", { class: "active-faults" });
  #chips = el("span", { class: "chips" });
  #sum = el("span", { class: "panel-sum" });
  #orders;
  #adds = null;
  #onOwn;

  /** `act(run)` runs what changes the world; `onOwn()` is told when this panel alone is broken or mended. */
  constructor({ name, url }, act, onOwn) {
    this.#onOwn = onOwn;
    this.#url = `${url}/control`;
    this.#act = act;
    this.#orders = new OrderList((id, change) => this.#post(`orders/${encodeURIComponent(id)}`, change),
      (id, change) => this.#post(`refills/${encodeURIComponent(id)}`, change));
    this.#auto = el("button", { type: "button", text: "Automatic", testid: "speed-auto", on: { click: () => this.#setPace() } });
    this.#hand = el("button", { type: "button", text: "By hand", testid: "speed-hand", on: { click: () => this.#post("speed", { seconds_per_step: null }) } });
    this.#pace.addEventListener("change", () => this.#setPace());
    this.node = el("details", { class: "card panel-card", testid: "panel-card", "data-panel": name },
      el("summary", {}, el("strong", { text: name }), this.#chips, this.#sum),
      this.#faults, this.#balanceForm(), this.#speedLine(), this.#orders.node, this.#breakPart());
  }

  /** Asks the panel how it is; resolves to its faults. */
  async refresh() {
    const state = await getJson(`${this.#url}/state`);
    this.#update(state);
    return listFaults(state.faults);
  }

  break(fault) {
    return postJson(`${this.#url}/faults`, fault);
  }

  mend() {
    return deleteJson(`${this.#url}/faults`);
  }

  advance() {
    return postJson(`${this.#url}/advance`);
  }

  /** Takes one fault away and leaves the others; the panel itself can only clear them all. */
  async lift(fault) {
    const others = (await this.refresh()).filter((each) => !sameFault(each, fault));
    await this.mend();
    for (const each of others) await this.break(each);
    await this.refresh();
  }

  #own(run) {
    this.#onOwn();
    return this.#act(run);
  }

  #post(what, body) {
    return this.#act(() => postJson(`${this.#url}/${what}`, body));
  }

  #update(state) {
    if (document.activeElement !== this.#balance) this.#balance.value = state.balance;
    this.#currency.textContent = state.currency;
    this.#sum.textContent = `${state.balance} ${state.currency}`;
    this.#showSpeed(state.speed);
    const faults = listFaults(state.faults);
    this.#faults.replaceChildren(...faults.map((fault) => activeFault(describeFault(fault), () => this.#own(() => this.mend()))));
    const open = state.orders.filter(isOpen).length;
    this.#chips.replaceChildren(
      ...(open ? [el("span", { class: "chip", text: `${count(open)} open` })] : []),
      ...(faults.length ? [el("span", { class: "chip warn", text: "broken" })] : []));
    this.#orders.update(state.orders, state.refills ?? []);
    if (this.#adds !== null && state.adds > this.#adds) this.node.open = true;
    this.#adds = state.adds;
  }

  #showSpeed(speed) {
    const automatic = Boolean(speed);
    this.#auto.setAttribute("aria-pressed", String(automatic));
    this.#hand.setAttribute("aria-pressed", String(!automatic));
    const input = this.#pace.querySelector("input");
    this.#pace.hidden = !automatic;
    if (automatic && document.activeElement !== input) input.value = String(speed);
  }

  #setPace() {
    return this.#post("speed", { seconds_per_step: Math.max(0.1, Number(this.#pace.querySelector("input").value) || 5) });
  }

  #balanceForm() {
    const label = el("label", { class: "mini grow" }, el("span", { text: "Balance" }), this.#balance, this.#currency);
    return fieldsForm([label], "Set", ({ balance }) => this.#post("balance", { balance: balance.replace(",", ".") }), "balance-form");
  }

  #speedLine() {
    return el("div", { class: "fields" }, el("span", { class: "mini-label", text: "Orders move" }),
      el("div", { class: "segments", role: "group", "aria-label": "How orders move" }, this.#auto, this.#hand), this.#pace,
      el("span", { class: "spacer" }),
      actionButton("Advance all", () => this.#act(() => this.advance()), { testid: "advance-all" }));
  }

  #breakPart() {
    return el("details", { class: "part", testid: "break-part" }, el("summary", {}, el("h3", { text: "Break this panel only" })),
      presetButtons((fault) => this.#own(() => this.break(fault))), this.#anyFault());
  }

  #anyFault() {
    const kinds = Object.entries(KINDS).map(([kind, [title]]) => [kind, title]);
    const hint = el("p", { class: "hint" });
    const kind = choice("", "kind", kinds);
    const words = wordsField();
    const explain = () => {
      const chosen = kind.querySelector("select").value;
      hint.textContent = KINDS[chosen][1];
      words.hidden = !chosen.startsWith("refuse");
    };
    kind.addEventListener("change", explain);
    explain();
    const times = choice("", "count", [["1", "once"], ["3", "3 times"], ["10", "10 times"], ["", "until cleared"]]);
    const fields = [kind, choice("for", "action", ACTIONS), times, words];
    const form = fieldsForm(fields, "Break", (values) =>
      this.#own(() => this.break({ ...values, text: values.text || null, count: values.count ? Number(values.count) : null })), "fault-form");
    return el("div", { class: "any-fault" }, form, hint);
  }
}
