/** What a person does, as requests to the server; every failure is told in words. */

import { postForm, postJson } from "./wire.js";

export class Deeds {
  #person;
  #tell;

  /** `person()` is who acts now; `tell(text)` shows why something failed. */
  constructor(person, tell) {
    this.#person = person;
    this.#tell = tell;
  }

  say(text, replyTo) {
    return this.attempt(() => postJson(this.#path("message"), { text, reply_to: replyTo }));
  }

  edit(messageId, text) {
    return this.attempt(() => postJson(this.#path("edit"), { message_id: messageId, text }));
  }

  block(blocked) {
    return this.attempt(() => postJson(this.#path("block"), { blocked }));
  }

  /** Resolves to `{callback_id}`; raises WireError, so that whoever waits for the answer learns of it. */
  press(messageId, data) {
    return postJson(this.#path("press"), { message_id: messageId, data });
  }

  /** Pays the invoice of `place` (`{message_id}` or `{link}`); resolves to how it ended, raises WireError. */
  pay(place) {
    return postJson(this.#path("pay"), place);
  }

  upload(kind, file, caption, replyTo) {
    const form = new FormData();
    form.append("kind", kind);
    form.append("caption", caption);
    if (replyTo) form.append("reply_to", String(replyTo));
    form.append("file", file, file.name);
    return this.attempt(() => postForm(this.#path("upload"), form));
  }

  /** True when it worked; otherwise the reason is shown, in own words where `reasons` has some for the status. */
  async attempt(act, reasons = {}) {
    try {
      await act();
      return true;
    } catch (error) {
      if (error.name !== "WireError") throw error;
      this.#tell(reasons[error.status] ?? error.message);
      return false;
    }
  }

  #path(what) {
    return `/chat/${this.#person().id}/${what}`;
  }
}
