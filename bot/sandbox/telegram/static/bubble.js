/** One message as an element. The element carries `data-message-id`, its sender as a class, and nothing else to remember. */

import { el, icon, iconButton } from "./dom.js";
import { fileSize, fullTime, timeOfDay } from "./format.js";
import { inlineKeyboard } from "./keyboard.js";
import { receiptText, stars } from "./payment.js";
import { endsRightToLeft, isJumbo, richText } from "./richtext.js";

const MAX_PHOTO_PX = 340;

/**
 * `context`: press(message, button), isBusy(message, button), menu(message, anchor) for reply and more,
 * jump(messageId), picture(url, label), command(text), copy(text).
 */
export function bubble(message, context) {
  if (message.receipt) return receipt(message);
  const parts = [
    message.reply_to && quote(message.reply_to, context),
    message.forwarded && el("div", { class: "forwarded", text: "Forwarded" }),
    message.photo && photo(message, context),
    message.document && documentRow(message.document),
    message.invoice && invoice(message.invoice),
    message.html && text(message, context),
    message.reaction && el("span", { class: "reaction", text: message.reaction }),
    meta(message),
  ];
  const body = el("div", { class: "bubble" }, ...parts);
  const node = el("article", { class: classes(message), testid: "message", "data-message-id": message.message_id, "data-from": message.from },
    el("div", { class: "bubble-row" }, body, more(message, context)),
    message.keyboard && keyboard(message, context));
  if (message.photo) node.style.setProperty("--photo-width", photoWidth(message.photo));
  onLongPress(body, () => context.menu(message, body));
  return node;
}

/** Telegram's own words about money stand between the messages, as nobody's. */
function receipt(message) {
  return el("article", { class: "message service", testid: "message", "data-message-id": message.message_id, "data-from": message.from, "data-receipt": message.receipt.kind },
    el("span", { class: "service-words", dir: "auto", testid: "receipt", title: fullTime(message.date), text: receiptText(message.receipt) }));
}

function classes(message) {
  const names = ["message", message.from === "bot" ? "theirs" : "own"];
  if (message.keyboard) names.push("with-keyboard");
  if (message.photo) names.push("with-photo");
  if (message.photo && !message.html) names.push("bare-photo");
  if (!message.photo && isJumbo(message.text ?? "")) names.push("jumbo");
  if (endsRightToLeft(message.text ?? "")) names.push("ends-rtl");
  return names.join(" ");
}

function text(message, context) {
  const copyCode = (event) => {
    const code = event.target.closest("code, pre");
    if (code) context.copy(code.textContent);
  };
  return el("div", { class: "text", dir: "auto", testid: "message-text", on: { click: copyCode } }, richText(message.html, context.command), metaRoom(message));
}

/** Room at the end of the last line, as wide as the time that stands over it. */
function metaRoom(message) {
  return el("span", { class: "meta-room", "aria-hidden": "true" }, ...metaParts(message));
}

function meta(message) {
  return el("div", { class: "meta", testid: message.edited ? "edited" : null }, ...metaParts(message));
}

function metaParts(message) {
  const time = el("time", { datetime: new Date(message.date * 1000).toISOString(), title: fullTime(message.date), "data-clock": timeOfDay(message.date) });
  return [
    message.edited && el("span", { class: "edited", "data-clock": "edited" }),
    time,
    message.from === "person" && icon("check"),
  ].filter(Boolean);
}

function quote(quoted, context) {
  return el("button", { type: "button", class: "quote", dir: "auto", testid: "reply-quote", title: "Go to this message",
    on: { click: () => context.jump(quoted.message_id) } }, quoted.text || "Message");
}

function photo(message, context) {
  const { file_id: fileId, width, height } = message.photo;
  const source = `/chat/files/${encodeURIComponent(fileId)}`;
  const label = message.text || "Photo";
  const image = el("img", { src: source, alt: label, width, height, loading: "lazy", decoding: "async" });
  const open = el("button", { type: "button", class: "photo", "aria-label": `Open picture: ${label}`,
    on: { click: () => context.picture(source, label) } }, image);
  return open;
}

/** As wide as it is, within what suits a chat; a tall picture is narrower. */
function photoWidth({ width, height }) {
  return `${Math.round(Math.min(width, MAX_PHOTO_PX, (MAX_PHOTO_PX * 1.2 * width) / height))}px`;
}

function documentRow(file) {
  return el("a", { class: "document", href: `/chat/files/${encodeURIComponent(file.file_id)}`, download: file.name ?? "file", testid: "document" },
    el("span", { class: "document-icon" }, icon("file")),
    el("span", { class: "document-words" },
      el("span", { class: "document-name", dir: "auto", text: file.name ?? "file" }),
      el("small", { text: fileSize(file.size ?? 0) })));
}

function invoice(bill) {
  return el("div", { class: "invoice", testid: "invoice" },
    el("strong", { dir: "auto", text: bill.title }),
    el("span", { dir: "auto", text: bill.description }),
    el("span", { class: "invoice-sum", text: stars(bill.total_amount) }));
}

function keyboard(message, context) {
  return inlineKeyboard(message.keyboard, {
    press: (button) => context.press(message, button),
    isBusy: (button) => context.isBusy(message, button),
  });
}

function more(message, context) {
  return iconButton("more", "Message actions", (event) => context.menu(message, event.currentTarget), { class: "more", testid: "message-menu" });
}

function onLongPress(node, act) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  node.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") timer = setTimeout(act, 480);
  });
  for (const name of ["pointerup", "pointercancel", "pointermove"]) node.addEventListener(name, stop);
  node.addEventListener("contextmenu", (event) => {
    if (getSelection().toString() || event.target.closest("a")) return;
    event.preventDefault();
    stop();
    act();
  });
}
