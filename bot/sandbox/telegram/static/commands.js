/** The list of commands over the composer: the whole of it from the menu button, filtered while "/…" is typed. */

import { el } from "./dom.js";

export class CommandMenu {
  #commands = [];
  #shown = [];
  #active = 0;
  #input;
  #choose;

  /** `choose(command, "send" | "complete")` runs when a command is picked. */
  constructor(input, id, choose) {
    this.#input = input;
    this.#choose = choose;
    this.node = el("div", { class: "command-menu", role: "listbox", id, "aria-label": "Commands", hidden: true, testid: "command-menu" });
    input.setAttribute("aria-controls", id);
    input.setAttribute("aria-autocomplete", "list");
  }

  get isOpen() {
    return !this.node.hidden;
  }

  get isEmpty() {
    return this.#commands.length === 0;
  }

  set(commands) {
    this.#commands = commands;
    if (this.isOpen) this.filter(this.#input.value);
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.#show(this.#commands);
  }

  /** Follows the text of the composer. */
  filter(text) {
    const typed = /^\/([a-z0-9_]*)$/i.exec(text);
    if (!typed) return this.close();
    const wanted = typed[1].toLowerCase();
    return this.#show(this.#commands.filter(({ command }) => command.startsWith(wanted)));
  }

  close() {
    this.node.hidden = true;
    this.#input.removeAttribute("aria-activedescendant");
  }

  /** True when the key was for the list. */
  key(event) {
    if (!this.isOpen) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && !event.shiftKey) this.#pick(this.#shown[this.#active], "send");
    else if (event.key === "Tab" && this.#input.value) this.#pick(this.#shown[this.#active], "complete");
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  #show(commands) {
    this.#shown = commands;
    this.#active = 0;
    this.node.replaceChildren(...commands.map((command, index) => this.#row(command, index)));
    this.node.hidden = commands.length === 0;
    if (commands.length) this.#move(0);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #row({ command, description }, index) {
    const row = el("div", { class: "command", role: "option", id: `${this.node.id}-${index}`, testid: "command-option" },
      el("span", { class: "command-name", text: `/${command}` }), el("span", { class: "command-words", dir: "auto", text: description }));
    row.addEventListener("pointerdown", (event) => event.preventDefault());
    row.addEventListener("click", () => this.#pick({ command }, "send"));
    return row;
  }

  #move(step) {
    const rows = [...this.node.children];
    this.#active = (this.#active + step + rows.length) % rows.length;
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === this.#active)));
    rows[this.#active].scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", rows[this.#active].id);
  }

  #pick({ command }, how) {
    this.close();
    this.#choose(`/${command}`, how);
  }
}
