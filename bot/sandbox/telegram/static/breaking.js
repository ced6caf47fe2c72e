/** The ways to break a panel, and the card that breaks all of them: a customer does not see which one takes the order. */

import { actionButton } from "./controls.js";
import { el } from "./dom.js";

/** What each fault is called, and what it means in one line. */
export const KINDS = {
  reset_after: ["Lose the reply", "The order is taken, the answer never arrives."],
  reset_before: ["Cut the line", "The connection ends before the panel has done anything."],
  hang: ["Never answer", "The panel reads the request and stays silent."],
  slow: ["Answer slowly", "The right answer, much too late."],
  late: ["Act late", "The line is cut at once; the order is taken some seconds later."],
  not_enough_funds: ["No money at the panel", "The order is refused: not enough funds."],
  overcharge: ["Charge double", "The order is taken, at twice its price."],
  duplicate_link: ["Link is busy", "The order is refused: there is one for this link already."],
  http_500: ["Error 500", "The panel’s program has broken down."],
  http_503: ["Out of service", "Every request is answered 503."],
  html: ["A web page", "HTML where JSON should be."],
  challenge: ["Browser check", "A page that asks whether one is human."],
  broken_json: ["Broken JSON", "The answer stops in the middle."],
  wrong_shape: ["Wrong shape", "Valid JSON that is not what was asked for."],
  empty: ["Nothing", "An empty answer."],
  refuse: ["Refuse", "The panel says no, in the words you give or its usual ones."],
  refuse_each: ["Refuse each", "The no stands inside the answer, for each order by itself."],
  swap_types: ["Other types", "The right answer; ids come as text where they were numbers, and the other way round."],
};
export const ACTIONS = [["add", "new orders"], ["status", "statuses"], ["services", "the catalogue"], ["balance", "the balance"], ["refill", "refills"],
  ["refill_status", "refill statuses"], ["cancel", "cancels"], ["*", "everything"]];
const PRESETS = [
  { action: "add", kind: "reset_after", count: 1, scope: "next order" },
  { action: "add", kind: "not_enough_funds", count: 1, scope: "next order" },
  { action: "add", kind: "hang", count: 1, scope: "next order" },
  { action: "*", kind: "http_503", count: null, scope: "until cleared" },
];

/** What panels say to refills and cancels; any other words can be typed. */
const REFUSALS = ["Refill is disabled for this service", "The order was completed or refill was requested less than 24 hours ago",
  "The refill task is not completed for this order", "The order is not completed", "Cancel is disabled for this service", "The order cannot be canceled"];
let lists = 0;

/** The words of a refusal, with the usual ones to choose from. */
export function wordsField() {
  const id = `refusals-${(lists += 1)}`;
  const input = el("input", { name: "text", list: id, placeholder: "its usual words", "aria-label": "Words of the refusal" });
  return el("label", { class: "mini grow words" }, el("span", { text: "saying" }), input, el("datalist", { id }, ...REFUSALS.map((text) => el("option", { value: text }))));
}

/** One button for each of the usual faults; `put(fault)` posts it. */
export function presetButtons(put) {
  const buttons = PRESETS.map(({ scope, ...fault }) => {
    const [title, words] = KINDS[fault.kind];
    const button = actionButton("", () => put(fault), { class: "preset", testid: `preset-${fault.kind}` });
    button.append(el("strong", { text: title }), el("small", { class: "scope", text: scope }), el("span", { text: words }));
    return button;
  });
  return el("div", { class: "presets" }, ...buttons);
}

/** Breaks or mends every panel at once. A fault for the next order strikes one panel; it is then taken from the others. */
export class AllPanels {
  #cards;
  #act;
  armed = null;

  /** `cards()` are the panels' cards; `act(run)` runs what changes the world. */
  constructor(cards, act) {
    this.#cards = cards;
    this.#act = act;
    const clear = actionButton("Clear all", () => this.#each((card) => card.mend()), { class: "small", testid: "clear-all" });
    const advance = actionButton("Advance all", () => this.#each((card) => card.advance()), { class: "small", testid: "advance-everywhere" });
    this.node = el("section", { class: "card", testid: "all-panels", hidden: true, "aria-label": "All panels" },
      el("div", { class: "card-line" }, el("strong", { text: "All panels" }), el("span", { class: "spacer" }), advance, clear),
      presetButtons((fault) => this.#arm(fault)));
  }

  /** From now on the panels are looked at one by one: what is missing on one of them was cleared by hand. */
  disarm() {
    this.armed = null;
  }

  /** `found` are the faults of each panel, asked for after `armed` was armed; null for a panel that did not answer. */
  async settle(armed, found) {
    if (armed !== this.armed || found.includes(null)) return;
    const waits = found.map((faults) => faults.some((fault) => sameFault(fault, armed)));
    if (waits.every(Boolean)) return;
    this.disarm();
    await Promise.all(this.#cards().map((card, index) => waits[index] && card.lift(armed)));
  }

  #each(run) {
    return this.#act(() => Promise.all(this.#cards().map(run)));
  }

  async #arm(fault) {
    this.disarm();
    await this.#act(async () => {
      await Promise.all(this.#cards().map((card) => card.break(fault)));
      if (fault.count === 1) this.armed = fault;
    });
  }
}

/** Whether two faults are one kind of trouble for one action. */
export const sameFault = (one, other) => one.action === other.action && one.kind === other.kind;

/** The panel may tell its faults as a list, or as a table by action. */
export function listFaults(faults) {
  if (Array.isArray(faults)) return faults;
  return Object.entries(faults ?? {}).flatMap(([action, fault]) => [fault].flat().map((each) => ({ action, ...each })));
}

/** A fault that is in force, in words. */
export function describeFault({ action, kind, count: times }) {
  const title = KINDS[kind]?.[0] ?? kind;
  const target = ACTIONS.find(([name]) => name === action)?.[1] ?? action;
  const left = times === null || times === undefined ? "until cleared" : `${times} more`;
  return `${title}: ${target}, ${left}`;
}
