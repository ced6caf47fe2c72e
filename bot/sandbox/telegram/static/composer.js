/** Where a person writes: text, commands, an attachment, a reply or an edit, and the bot's reply keyboard. */

import { CommandMenu } from "./commands.js";
import { el, icon, iconButton } from "./dom.js";
import { fileSize } from "./format.js";
import { replyKeyboard } from "./keyboard.js";
import { openMenu } from "./overlay.js";

const PLACEHOLDER = "Message";

export class Composer {
  #deeds;
  #lastOwn;
  #context = null; // {mode: "reply" | "edit", message}
  #file = null; // {kind: "photo" | "document", file}
  #markup = null;
  #field = el("textarea", { class: "composer-field", rows: "1", placeholder: PLACEHOLDER, dir: "auto", "aria-label": "Message", enterkeyhint: "send", testid: "composer" });
  #bar = el("div", { class: "context-bars" });
  #keys = el("div", { class: "reply-slot" });
  #send;
  #menuButton;
  #keysButton;

  /** `lastOwn()` is the message that "arrow up" edits. */
  constructor(deeds, lastOwn, id) {
    this.#deeds = deeds;
    this.#lastOwn = lastOwn;
    this.commands = new CommandMenu(this.#field, `commands-${id}`, (text, how) => this.#command(text, how));
    this.#send = iconButton("send", "Send", () => this.#submit(), { class: "send", testid: "send" });
    this.#menuButton = el("button", { type: "button", class: "menu-button", testid: "menu-button", hidden: true, "aria-label": "Commands of the bot",
      on: { click: () => this.#toggleMenu() } }, icon("menu"), el("span", { text: "Menu" }));
    this.#keysButton = iconButton("keyboard", "Show or hide the bot’s keyboard", () => this.#toggleKeys(), { hidden: true, testid: "reply-keyboard-toggle" });
    this.node = el("div", { class: "composer" }, this.commands.node, this.#bar, this.#row(), this.#keys);
    this.#listen();
    this.#changed();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  /** A new chat: nothing of the last one stays. */
  clear() {
    this.#field.value = "";
    this.#file = null;
    this.setContext(null);
    this.setReplyKeyboard(null);
  }

  setCommands(commands) {
    this.commands.set(commands);
    this.#menuButton.hidden = commands.length === 0;
  }

  /** `{mode: "reply" | "edit", message}` or null. */
  setContext(context) {
    if (this.#context?.mode === "edit" && context?.mode !== "edit") this.#field.value = "";
    if (context?.mode === "edit") this.#field.value = context.message.text;
    this.#context = context;
    this.#changed();
  }

  setReplyKeyboard(markup) {
    this.#markup = markup?.keyboard?.length ? markup : null;
    this.#field.placeholder = markup?.input_field_placeholder ?? PLACEHOLDER;
    this.#keysButton.hidden = !this.#markup;
    this.#keys.replaceChildren();
    if (this.#markup) this.#keys.append(replyKeyboard(this.#markup, (text) => this.#pressKey(text)));
    this.#keys.hidden = !this.#markup;
  }

  #row() {
    const attach = iconButton("attach", "Attach a photo or a file", (event) => this.#chooseKind(event.currentTarget), { testid: "attach" });
    const box = el("div", { class: "composer-box" }, this.#field, this.#keysButton, attach);
    return el("div", { class: "composer-row" }, this.#menuButton, box, this.#send);
  }

  #listen() {
    new ResizeObserver(() => this.#fit()).observe(this.#field);
    this.#field.addEventListener("input", () => this.#changed());
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("blur", () => this.commands.close());
    this.#field.addEventListener("paste", (event) => this.#takeFile(event, event.clipboardData.files));
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.#takeFile(event, event.dataTransfer.files));
  }

  #changed() {
    this.#fit();
    this.commands.filter(this.#field.value);
    this.#bar.replaceChildren(...[this.#contextBar(), this.#fileBar()].filter(Boolean));
    this.#send.disabled = !this.#field.value.trim() && !this.#file;
  }

  /** As tall as its text. The composer keeps its height while the field is measured, or the messages would jump. */
  #fit() {
    if (!this.#field.offsetParent) return;
    this.node.style.height = `${this.node.offsetHeight}px`;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
    this.node.style.height = "";
  }

  #key(event) {
    if (event.isComposing || this.commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && (this.#context || this.#file)) {
      this.#file = null;
      this.setContext(null);
    } else if (event.key === "ArrowUp" && !this.#field.value) {
      this.#editLast(event);
    }
  }

  #editLast(event) {
    const message = this.#lastOwn();
    if (!message) return;
    event.preventDefault();
    this.setContext({ mode: "edit", message });
    this.focus();
  }

  /** What was written stays in the field until the server has taken it back in words: a failed send is put back. */
  async #submit() {
    const text = this.#field.value.trim();
    const [context, file] = [this.#context, this.#file];
    if (!text && !file) return;
    this.#context = null;
    this.#file = null;
    this.#field.value = "";
    this.#changed();
    this.focus();
    if (await this.#deliver(text, context, file)) return;
    this.#context = context;
    this.#file = file;
    this.#field.value = this.#field.value || text;
    this.#changed();
  }

  #deliver(text, context, file) {
    if (context?.mode === "edit") return this.#deeds.edit(context.message.message_id, text);
    const replyTo = context?.message.message_id ?? null;
    return file ? this.#deeds.upload(file.kind, file.file, text, replyTo) : this.#deeds.say(text, replyTo);
  }

  #command(text, how) {
    this.#field.value = how === "complete" ? `${text} ` : "";
    this.#changed();
    this.focus();
    if (how === "send") this.#deeds.say(text, null);
  }

  #toggleMenu() {
    this.focus();
    this.commands.toggle();
  }

  #toggleKeys() {
    this.#keys.hidden = !this.#keys.hidden;
  }

  #pressKey(text) {
    if (this.#markup.one_time_keyboard) this.#keys.hidden = true;
    this.#deeds.say(text, this.#context?.message.message_id ?? null);
    this.setContext(null);
  }

  #chooseKind(anchor) {
    openMenu(anchor, [
      { label: "Photo", icon: "image", run: () => this.#pick("photo"), testid: "attach-photo" },
      { label: "File", icon: "file", run: () => this.#pick("document"), testid: "attach-document" },
    ], { label: "Attach" });
  }

  #pick(kind) {
    const input = el("input", { type: "file", accept: kind === "photo" ? "image/*" : null });
    input.addEventListener("change", () => this.#setFile(kind, input.files[0]));
    input.click();
  }

  #takeFile(event, files) {
    if (!files?.length) return;
    event.preventDefault();
    this.#setFile(files[0].type.startsWith("image/") ? "photo" : "document", files[0]);
  }

  #setFile(kind, file) {
    if (!file) return;
    this.#file = { kind, file };
    this.#changed();
    this.focus();
  }

  #contextBar() {
    if (!this.#context) return null;
    const { mode, message } = this.#context;
    const title = mode === "edit" ? "Edit message" : "Reply";
    return contextBar(mode === "edit" ? "pencil" : "reply", title, message.text || "Message", () => this.setContext(null));
  }

  #fileBar() {
    if (!this.#file) return null;
    const { kind, file } = this.#file;
    const title = kind === "photo" ? "Photo" : "File";
    return contextBar(kind === "photo" ? "image" : "file", title, `${file.name} · ${fileSize(file.size)}`, () => {
      this.#file = null;
      this.#changed();
    });
  }
}

function contextBar(name, title, words, onClose) {
  return el("div", { class: "context-bar", testid: "context-bar" }, icon(name),
    el("div", { class: "context-words" }, el("strong", { text: title }), el("span", { dir: "auto", text: words })),
    iconButton("close", "Do not", onClose, { testid: "context-close" }));
}
