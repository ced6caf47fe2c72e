/** One chat: a person on this side, the bot on the other. Owns its event stream and puts the parts together. */

import { Composer } from "./composer.js";
import { Deeds } from "./deeds.js";
import { avatar, copyText, el, icon } from "./dom.js";
import { fullName } from "./format.js";
import { Presses } from "./keyboard.js";
import { alertDialog, openMenu, showPicture, toast } from "./overlay.js";
import { PaymentSheet } from "./payment.js";
import { askPerson, personButton, personMenu } from "./people.js";
import { StatusLine } from "./status.js";
import { Timeline } from "./timeline.js";
import { EventStream, getJson } from "./wire.js";

const INVOICE_LINK = "https://t.me/$";

export class Pane {
  #directory;
  #person = null;
  #stream = null;
  #deeds = new Deeds(() => this.#person, (text) => this.#toast(text));
  #presses = new Presses((messageId) => this.#timeline.refreshBusy(messageId));
  #timeline;
  #composer;
  #switcher;
  #name = el("h1", { class: "bot-name", dir: "auto" });
  #status = new StatusLine();
  #face = el("span", { class: "bot-face" });
  #pinned = el("button", { type: "button", class: "pinned", hidden: true, testid: "pinned", on: { click: () => this.#timeline.jump(this.#pinnedId) } });
  #pinnedId = null;
  #sheet = null;
  #foot = el("footer", { class: "pane-foot" });

  /** `directory` knows people and bot; `onNew()` runs for every live message of the bot. */
  constructor(role, directory, onNew) {
    this.role = role;
    this.#directory = directory;
    this.#timeline = new Timeline(this.#bubbleContext(), () => {
      this.#status.set({ typing: false });
      onNew(this);
    });
    this.#composer = new Composer(this.#deeds, () => this.#timeline.lastOwn(), role);
    this.#switcher = personButton(role, (anchor) => this.#openSwitcher(anchor));
    const words = el("div", { class: "bot-words" }, this.#name, this.#status.node);
    const head = el("header", { class: "pane-head" }, this.#face, words, this.#switcher.node);
    const options = { class: "pane", id: `pane-${role}`, testid: `pane-${role}`, "data-role": role, "aria-label": role === "operator" ? "The operator’s chat" : "A customer’s chat" };
    this.node = el("section", options, head, this.#pinned, this.#timeline.node, this.#foot);
    this.#timeline.node.addEventListener("click", (event) => this.#followLink(event));
  }

  get person() {
    return this.#person;
  }

  /** Follows the directory: the bot's name, this person's own record, and somebody else when that person is gone. */
  follow() {
    const own = this.#directory.people.filter((person) => person.role === this.role);
    const known = own.find((person) => person.id === this.#person?.id);
    if (!known && (own.length || this.#person)) return this.become(own[0] ?? null);
    this.#person = known ?? null;
    return this.#show();
  }

  #show() {
    const { bot, process } = this.#directory;
    this.#name.textContent = bot.name || "Bot";
    this.#face.replaceChildren(avatar(bot.name || "Bot", 3, { class: "bot" }));
    this.#switcher.show(this.#person);
    this.#status.set({ seen: bot.token_seen !== false, nobody: !this.#person, stopped: process.controllable && !process.running, controllable: process.controllable });
    this.#showFoot();
  }

  /** Becomes `person`: another history, another stream. */
  become(person) {
    this.#stream?.close();
    this.#sheet?.remove();
    this.#person = person;
    this.#timeline.clear();
    this.#composer.clear();
    this.#pin(null);
    this.node.querySelector(".toast")?.remove();
    this.#status.set({ connected: false, typing: false });
    this.#show();
    this.#stream = person && new EventStream(`/chat/${person.id}/events`, { onEvent: (event) => this.#receive(event), onState: (connected) => this.#connected(connected) });
  }

  /** A lost line may mean a new server with other people: then the directory knows. */
  #connected(connected) {
    this.#status.set({ connected });
    if (!connected) this.#directory.reload();
  }

  #receive(event) {
    const known = {
      snapshot: () => this.#snapshot(event),
      message: () => this.#timeline.add(event.message),
      edit: () => this.#timeline.edit(event.message),
      delete: () => this.#timeline.remove(event.message_id),
      callback_answer: () => this.#answered(event),
      typing: () => this.#status.typing(),
      commands: () => this.#composer.setCommands(event.commands),
      reply_keyboard: () => this.#replyKeyboard(event.keyboard),
      blocked: () => this.#directory.patch(this.#person.id, { blocked: event.blocked }),
      bot: () => this.#botIs(event.online),
      stars: () => this.#directory.patch(this.#person.id, { stars: event.stars }),
      reaction: () => this.#timeline.react(event.message_id, event.emoji),
      pinned: () => this.#pin(event.message_id),
    };
    known[event.type]?.();
    if (["snapshot", "message", "delete"].includes(event.type)) this.#showFoot();
  }

  #snapshot(event) {
    this.#timeline.reset(event.messages);
    this.#composer.setCommands(event.commands);
    this.#replyKeyboard(event.reply_keyboard);
    this.#pin(event.pinned ?? null);
    if (event.online !== undefined) this.#botIs(event.online);
    if (event.blocked !== undefined) this.#directory.patch(this.#person.id, { blocked: event.blocked });
    if (event.stars !== undefined) this.#directory.patch(this.#person.id, { stars: event.stars });
  }

  /** Whether the bot was stopped or is only away for a moment, the directory knows. */
  #botIs(online) {
    this.#status.set(online ? { online, stopped: false } : { online });
    this.#directory.reload();
  }

  /** A bot that forces a reply puts the person into answering its newest message. */
  #replyKeyboard(keyboard) {
    this.#composer.setReplyKeyboard(keyboard);
    const message = keyboard?.force_reply && this.#timeline.lastTheirs();
    if (message) this.#composer.setContext({ mode: "reply", message });
  }

  #answered({ callback_id: callbackId, text, show_alert: alert, url }) {
    this.#presses.answer(callbackId);
    if (alert && text) alertDialog(this.node, this.#directory.bot.name, text);
    else if (url) this.#toast(text ?? "The bot offers a link", el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: "Open" }));
    else if (text) this.#toast(text);
  }

  #toast(text, action = null) {
    toast(this.node.querySelector(".timeline-frame"), text, action);
  }

  #pin(messageId) {
    this.#pinnedId = messageId;
    const message = this.#timeline.get(messageId);
    this.#pinned.hidden = !message;
    if (message) this.#pinned.replaceChildren(icon("pin"), el("strong", { text: "Pinned" }), el("span", { dir: "auto", text: message.text }));
  }

  /** The foot is the composer, unless there is nobody, the bot is blocked, or the chat has not begun. */
  #showFoot() {
    const wanted = this.#footKind();
    if (this.#foot.dataset.kind === wanted) return;
    this.#foot.dataset.kind = wanted;
    this.node.querySelector(".intro")?.remove();
    if (wanted === "composer") this.#foot.replaceChildren(this.#composer.node);
    else if (wanted === "blocked") this.#foot.replaceChildren(bigButton("Unblock the bot", "unblock-big", () => this.#block(false)));
    else if (wanted === "nobody") this.#foot.replaceChildren(bigButton("New person…", "create-big", () => this.#create()));
    else this.#begin();
  }

  #footKind() {
    if (!this.#person) return "nobody";
    if (this.#person.blocked) return "blocked";
    return this.#timeline.isEmpty ? `start-${this.#person.id}` : "composer";
  }

  #begin() {
    const { name, description } = this.#directory.bot;
    const words = el("div", { class: "intro" }, avatar(name || "Bot", 3, { class: "bot large" }),
      el("strong", { text: `What can ${name || "this bot"} do?` }), el("p", { dir: "auto", text: description || "Press Start and find out." }));
    this.#timeline.scroller.append(words);
    this.#foot.replaceChildren(bigButton("Start", "start", () => this.#deeds.say("/start", null)));
  }

  #bubbleContext() {
    return {
      press: (message, button) => this.#press(message, button),
      isBusy: (message, button) => this.#presses.isBusy(message.message_id, button.callback_data),
      menu: (message, anchor) => this.#messageMenu(message, anchor),
      jump: (messageId) => this.#timeline.jump(messageId),
      picture: showPicture,
      command: (text) => this.#deeds.say(text, null),
      copy: (text) => this.#copy(text),
    };
  }

  #messageMenu(message, anchor) {
    const mine = message.from === "person" && message.text;
    openMenu(anchor, [
      { label: "Reply", icon: "reply", run: () => this.#compose("reply", message), testid: "action-reply" },
      message.text && { label: "Copy text", icon: "copy", run: () => this.#copy(message.text), testid: "action-copy" },
      ...this.#otherPayers(message),
      mine && { label: "Edit", icon: "pencil", run: () => this.#compose("edit", message), testid: "action-edit" },
    ], { label: "Message actions" });
  }

  /** An invoice can be sent on: whoever gets the copy pays it as their own. */
  #otherPayers({ invoice, message_id: messageId }) {
    if (!invoice || invoice.start_parameter) return [];
    const others = this.#directory.people.filter(({ id, role }) => role === "customer" && id !== this.#person.id);
    return others.map((person) => ({
      label: `${fullName(person)} pays a copy`,
      icon: "card",
      run: () => this.#openSheet(invoice, { message_id: messageId, as_person: person.id }, person),
      testid: "action-other-payer",
    }));
  }

  #compose(mode, message) {
    this.#composer.setContext({ mode, message });
    this.#composer.focus();
  }

  #press(message, button) {
    if (button.pay) return this.#openSheet(message.invoice, { message_id: message.message_id });
    if (button.copy_text) return this.#copy(button.copy_text.text ?? button.copy_text);
    if (button.web_app) return window.open(button.web_app.url ?? button.web_app, "_blank", "noopener");
    if (!button.callback_data) return this.#toast("This sandbox cannot do that");
    const [id, data] = [message.message_id, button.callback_data];
    const press = () => this.#presses.run(id, data, () => this.#deeds.press(id, data));
    return this.#deeds.attempt(press, { 404: "This button is no longer there" });
  }

  #openSheet(invoice, place, payer = null) {
    this.#sheet?.remove();
    const pay = () => this.#deeds.pay(place);
    this.#sheet = new PaymentSheet(this.node, { bot: this.#directory.bot.name || "Bot", invoice, balance: (payer ?? this.#person).stars, payer: payer && fullName(payer), pay });
  }

  /** A link to an invoice opens the sheet; every other link opens as links do. */
  #followLink(event) {
    const link = event.target.closest("a")?.href;
    if (!link?.startsWith(INVOICE_LINK)) return undefined;
    event.preventDefault();
    const path = `/chat/${this.#person.id}/invoice?link=${encodeURIComponent(link)}`;
    return this.#deeds.attempt(async () => this.#openSheet(await getJson(path), { link }));
  }

  async #copy(text) {
    this.#toast((await copyText(text)) ? "Copied" : "The browser did not let me copy");
  }

  async #openSwitcher(anchor) {
    await this.#deeds.attempt(() => this.#directory.load());
    const people = this.#directory.people.filter((person) => person.role === this.role);
    personMenu(anchor, people, this.#person, {
      choose: (person) => this.#directory.choose(this, person),
      create: () => this.#create(),
      block: (blocked) => this.#block(blocked),
      copyId: () => this.#copy(String(this.#person.id)),
    });
  }

  async #create() {
    const wish = await askPerson(this.role);
    if (wish) await this.#deeds.attempt(async () => this.#directory.choose(this, await this.#directory.create(wish)));
  }

  async #block(blocked) {
    if (await this.#deeds.block(blocked)) this.#directory.patch(this.#person.id, { blocked });
  }
}

function bigButton(label, testid, run) {
  return el("button", { type: "button", class: "big-button", text: label, testid, on: { click: run } });
}
