/** One panel's card: balance, speed, orders, and the ways to break it. */

import { actionButton, activeFault, choice, fieldsForm, numberField } from "./controls.js";
import { el } from "./dom.js";
import { count } from "./format.js";
import { isOpen, OrderList } from "./orders.js";
import { deleteJson, getJson, postJson } from "./wire.js";

/** What each fault means, in one line. */
const KINDS = {
  reset_after: ["Lose the reply", "The panel takes the order, the answer never arrives."],
  reset_before: ["Cut the line", "The connection ends before the panel has done anything."],
  hang: ["Never answer", "The panel reads the request and stays silent."],
  slow: ["Answer slowly", "The right answer, much too late."],
  late: ["Act late", "The line is cut at once; the order is taken some seconds later."],
  not_enough_funds: ["No money at the panel", "The order is refused: not enough funds."],
  duplicate_link: ["Link is busy", "The order is refused: there is one for this link already."],
  http_500: ["Error 500", "The panel’s program has broken down."],
  http_503: ["Out of service", "Every request is answered 503."],
  html: ["A web page", "HTML where JSON should be."],
  challenge: ["Browser check", "A page that asks whether one is human."],
  broken_json: ["Broken JSON", "The answer stops in the middle."],
  wrong_shape: ["Wrong shape", "Valid JSON that is not what was asked for."],
  empty: ["Nothing", "An empty answer."],
};
const ACTIONS = [["add", "new orders"], ["status", "statuses"], ["services", "the catalogue"], ["balance", "the balance"], ["refill", "refills"],
  ["refill_status", "refill statuses"], ["cancel", "cancels"], ["*", "everything"]];
const PRESETS = [
  { action: "add", kind: "reset_after", count: 1, scope: "next order" },
  { action: "add", kind: "not_enough_funds", count: 1, scope: "next order" },
  { action: "add", kind: "hang", count: 1, scope: "next order" },
  { action: "*", kind: "http_503", count: null, scope: "until cleared" },
];

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

  constructor({ name, url }, act, open) {
    this.#url = `${url}/control`;
    this.#act = act;
    this.#orders = new OrderList((id, change) => this.#post(`orders/${encodeURIComponent(id)}`, change));
    this.#auto = el("button", { type: "button", text: "Automatic", testid: "speed-auto", on: { click: () => this.#setPace() } });
    this.#hand = el("button", { type: "button", text: "By hand", testid: "speed-hand", on: { click: () => this.#post("speed", { seconds_per_step: null }) } });
    this.#pace.addEventListener("change", () => this.#setPace());
    this.node = el("details", { class: "card panel-card", testid: "panel-card", "data-panel": name, open },
      el("summary", {}, el("strong", { text: name }), this.#chips, this.#sum),
      this.#faults, this.#balanceForm(), this.#speedLine(), this.#orders.node, this.#breakPart());
  }

  /** Asks the panel how it is. */
  async refresh() {
    this.#update(await getJson(`${this.#url}/state`));
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
    this.#faults.replaceChildren(...faults.map((fault) => activeFault(describe(fault), () => this.#clear())));
    const open = state.orders.filter(isOpen).length;
    this.#chips.replaceChildren(
      ...(open ? [el("span", { class: "chip", text: `${count(open)} open` })] : []),
      ...(faults.length ? [el("span", { class: "chip warn", text: "broken" })] : []));
    this.#orders.update(state.orders);
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

  #clear() {
    return this.#act(() => deleteJson(`${this.#url}/faults`));
  }

  #balanceForm() {
    const label = el("label", { class: "mini grow" }, el("span", { text: "Balance" }), this.#balance, this.#currency);
    return fieldsForm([label], "Set", ({ balance }) => this.#post("balance", { balance: balance.replace(",", ".") }), "balance-form");
  }

  #speedLine() {
    return el("div", { class: "fields" }, el("span", { class: "mini-label", text: "Orders move" }),
      el("div", { class: "segments", role: "group", "aria-label": "How orders move" }, this.#auto, this.#hand), this.#pace,
      el("span", { class: "spacer" }),
      actionButton("Advance all", () => this.#post("advance", {}), { testid: "advance-all" }));
  }

  #breakPart() {
    const presets = PRESETS.map(({ scope, ...fault }) => this.#preset(fault, scope));
    return el("details", { class: "part", testid: "break-part", open: true }, el("summary", {}, el("h3", { text: "Break this panel" })),
      el("div", { class: "presets" }, ...presets), this.#anyFault());
  }

  #preset(fault, scope) {
    const [title, words] = KINDS[fault.kind];
    const button = actionButton("", () => this.#post("faults", fault), { class: "preset", testid: `preset-${fault.kind}` });
    button.append(el("strong", { text: title }), el("small", { class: "scope", text: scope }), el("span", { text: words }));
    return button;
  }

  #anyFault() {
    const kinds = Object.entries(KINDS).map(([kind, [title]]) => [kind, title]);
    const hint = el("p", { class: "hint" });
    const kind = choice("", "kind", kinds);
    const explain = () => {
      hint.textContent = KINDS[kind.querySelector("select").value][1];
    };
    kind.addEventListener("change", explain);
    explain();
    const times = choice("", "count", [["1", "once"], ["3", "3 times"], ["10", "10 times"], ["", "until cleared"]]);
    const fields = [kind, choice("for", "action", ACTIONS), times];
    const form = fieldsForm(fields, "Break", (values) =>
      this.#post("faults", { ...values, count: values.count ? Number(values.count) : null }), "fault-form");
    return el("div", { class: "any-fault" }, form, hint);
  }
}

/** The panel may tell its faults as a list, or as a table by action. */
function listFaults(faults) {
  if (Array.isArray(faults)) return faults;
  return Object.entries(faults ?? {}).flatMap(([action, fault]) => [fault].flat().map((each) => ({ action, ...each })));
}

function describe({ action, kind, count: times }) {
  const title = KINDS[kind]?.[0] ?? kind;
  const target = ACTIONS.find(([name]) => name === action)?.[1] ?? action;
  const left = times === null || times === undefined ? "until cleared" : `${times} more`;
  return `${title}: ${target}, ${left}`;
}
