/** Message text: the server's sanitised HTML, copied tag by tag from a short list, with commands and addresses made live. */

import { el } from "./dom.js";

const PLAIN_TAGS = new Set(["B", "I", "U", "S", "CODE", "PRE", "BLOCKQUOTE"]);
const BLOCKS = new Set(["PRE", "BLOCKQUOTE"]);
const SAFE_LINK = /^(https?|mailto|tel):/i;
const LIVE = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])|(?<![\p{L}\p{M}\p{N}_/.<>@])(\/[a-z][a-z0-9_]{0,31})(?![\p{L}\p{N}_/<>]|\.\w)/giu;
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;
const LTR = /[A-Za-z\u00c0-\u02af\u0370-\u058f\u0e00-\u0e7f]/u;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u200d\ufe0f\s])+$/u;

/** A fragment to show; `onCommand("/word")` runs when somebody presses a command in the text. */
export function richText(html, onCommand) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragment = document.createDocumentFragment();
  fragment.append(...copyChildren(parsed.body, { onCommand, live: true }));
  return fragment;
}

function copyChildren(parent, context) {
  return [...parent.childNodes].flatMap((node) => copyNode(withoutBreakAfterBlock(node), context));
}

/** A block ends its line by itself; the line break behind it would show as an empty line. */
function withoutBreakAfterBlock(node) {
  const afterBlock = BLOCKS.has(node.previousSibling?.tagName);
  if (afterBlock && node.nodeType === Node.TEXT_NODE) node.data = node.data.replace(/^\n/, "");
  return node;
}

function copyNode(node, context) {
  if (node.nodeType === Node.TEXT_NODE) return context.live ? liveText(node.data, context) : [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  if (node.tagName === "A") return [link(node, context)];
  if (node.tagName === "SPAN" && node.classList.contains("spoiler")) return [spoiler(node, context)];
  if (node.tagName === "BR") return ["\n"];
  if (!PLAIN_TAGS.has(node.tagName)) return copyChildren(node, context);
  const live = context.live && node.tagName !== "CODE" && node.tagName !== "PRE";
  return [el(node.tagName.toLowerCase(), {}, ...copyChildren(node, { ...context, live }))];
}

function link(node, context) {
  const href = node.getAttribute("href") ?? "";
  const children = copyChildren(node, { ...context, live: false });
  return SAFE_LINK.test(href) ? anchor(href, children) : el("span", { class: "mention" }, ...children);
}

function anchor(href, children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function spoiler(node, context) {
  const options = { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text, press to show" };
  const cover = el("span", options, ...copyChildren(node, { ...context, live: false }));
  const reveal = () => {
    cover.classList.add("open");
    for (const name of ["role", "tabindex", "aria-label"]) cover.removeAttribute(name);
  };
  cover.addEventListener("click", reveal);
  cover.addEventListener("keydown", (event) => event.key === "Enter" && reveal());
  return cover;
}

function liveText(text, { onCommand }) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LIVE)) {
    parts.push(text.slice(end, match.index));
    parts.push(match[1] ? anchor(match[1], [match[1]]) : command(match[2], onCommand));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

function command(word, onCommand) {
  return el("button", { type: "button", class: "command-link", text: word, on: { click: () => onCommand(word) } });
}

/** Does the last line run from right to left? Then the time stands below it, not inside it. */
export function endsRightToLeft(text) {
  const last = text.trimEnd().split("\n").pop() ?? "";
  const rtl = last.search(RTL);
  const ltr = last.search(LTR);
  return rtl >= 0 && (ltr < 0 || rtl < ltr);
}

/** Up to three emoji and nothing else are shown large. */
export function isJumbo(text) {
  return text.length > 0 && text.length <= 24 && ONLY_EMOJI.test(text) && !/^[\s\d]*$/u.test(text) && graphemes(text) <= 3;
}

function graphemes(text) {
  return [...new Intl.Segmenter().segment(text.replace(/\s/gu, ""))].length;
}
