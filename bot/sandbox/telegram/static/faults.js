/** Telegram's own faults: flood limits, lost connections, slowness, and persons who block the bot. */

import { activeFault, choice, fieldsForm, numberField } from "./controls.js";
import { avatar, el } from "./dom.js";
import { fullName } from "./format.js";
import { postJson } from "./wire.js";

export class FaultsCard {
  #act;
  #directory;
  #active = el("div", { class: "active-faults" });
  #who = choice("To", "chat_id", []);
  #people = el("div", { class: "people-list" });
  #shown = "";
  #chip = el("span", { class: "chip warn", hidden: true });

  constructor(act, directory) {
    this.#act = act;
    this.#directory = directory;
    this.node = el("details", { class: "card", testid: "faults-card" },
      el("summary", {}, el("strong", { text: "Telegram" }), this.#chip),
      this.#active,
      part("Flood limit", "Calls are answered 429; the bot has to wait.", this.#floodForm()),
      part("Lose calls", "The connection ends before Telegram acts, or after: done, but the bot never hears.", this.#dropForm()),
      part("Server errors", "Calls are answered 500; nothing happens.", this.#errorForm()),
      part("Slow", "Every answer comes this much later.", this.#delayForm()),
      part("Who has blocked the bot", "Messages to them are refused with 403.", this.#people));
  }

  update(faults) {
    this.#fillPeople();
    const active = this.#activeFaults(faults);
    this.#chip.hidden = active.length === 0;
    this.#chip.textContent = active.length === 1 ? "1 fault" : `${active.length} faults`;
    this.#active.replaceChildren(...active);
  }

  #post(change) {
    return this.#act(() => postJson("/faults", change));
  }

  #activeFaults({ flood, drop, delay_ms: delay, server_error: error }) {
    const found = [];
    if (flood) found.push(activeFault(`Flood limit: next ${flood.count} calls${this.#name(flood.chat_id)} wait ${flood.retry_after} s`, () => this.#post({ flood: null })));
    if (drop) found.push(activeFault(`Next ${drop.count} calls are lost ${drop.when} they are done`, () => this.#post({ drop: null })));
    if (error) found.push(activeFault(`Next ${error.count} calls get error 500`, () => this.#post({ server_error: null })));
    if (delay) found.push(activeFault(`Every answer ${delay} ms later`, () => this.#post({ delay_ms: 0 })));
    return found;
  }

  #name(chatId) {
    const person = this.#directory.people.find(({ id }) => id === chatId);
    return person ? ` to ${fullName(person)}` : "";
  }

  #floodForm() {
    const fields = [this.#who, numberField("next", "count", 3, { min: 1, unit: "calls" }), numberField("wait", "retry_after", 5, { min: 1, unit: "s" })];
    return fieldsForm(fields, "Limit", ({ chat_id: chatId, count, retry_after: after }) =>
      this.#post({ flood: { chat_id: chatId ? Number(chatId) : null, count: Number(count), retry_after: Number(after) } }), "flood-form");
  }

  #dropForm() {
    const when = choice("", "when", [["after", "after acting"], ["before", "before acting"]]);
    return fieldsForm([numberField("next", "count", 1, { min: 1, unit: "calls" }), when], "Lose", (values) =>
      this.#post({ drop: { methods: null, when: values.when, count: Number(values.count) } }), "drop-form");
  }

  #errorForm() {
    return fieldsForm([numberField("next", "count", 2, { min: 1, unit: "calls" })], "Fail", ({ count }) =>
      this.#post({ server_error: { count: Number(count) } }), "error-form");
  }

  #delayForm() {
    return fieldsForm([numberField("", "delay_ms", 800, { step: 50, max: 60_000, unit: "ms" })], "Slow down", (values) =>
      this.#post({ delay_ms: Number(values.delay_ms) }), "delay-form");
  }

  /** Built anew only when somebody came, left or changed, so that an open choice stays open. */
  #fillPeople() {
    const now = JSON.stringify(this.#directory.people);
    if (now === this.#shown) return;
    this.#shown = now;
    const select = this.#who.querySelector("select");
    const chosen = select.value;
    const options = this.#directory.people.map((person) => el("option", { value: String(person.id), text: fullName(person) }));
    select.replaceChildren(el("option", { value: "", text: "everybody" }), ...options);
    select.value = chosen;
    const focused = [...this.#people.querySelectorAll("input")].indexOf(document.activeElement);
    this.#people.replaceChildren(...this.#directory.people.map((person) => this.#switch(person)));
    this.#people.querySelectorAll("input")[focused]?.focus({ preventScroll: true });
  }

  #switch(person) {
    const box = el("input", { type: "checkbox", class: "switch", checked: person.blocked, testid: "block-switch" });
    box.addEventListener("change", () => this.#act(() => postJson(`/chat/${person.id}/block`, { blocked: box.checked })));
    return el("label", { class: "person-line" }, avatar(fullName(person), person.id), el("span", { dir: "auto", text: fullName(person) }), box);
  }
}

function part(title, hint, content) {
  return el("div", { class: "part" }, el("h3", { text: title }), el("p", { class: "hint", text: hint }), content);
}
