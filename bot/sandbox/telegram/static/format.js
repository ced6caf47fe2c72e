/** How times, days and sizes are written. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const thisYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const numbers = new Intl.NumberFormat();

const fromUnix = (seconds) => new Date(seconds * 1000);

export const timeOfDay = (seconds) => clock.format(fromUnix(seconds));
export const fullTime = (seconds) => full.format(fromUnix(seconds));
export const count = (number) => numbers.format(number);

/** A key that is the same for two moments of one local day. */
export function dayKey(seconds) {
  const date = fromUnix(seconds);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** "Today", "Yesterday", or the date, as a chat separates its days. */
export function dayName(seconds, now = new Date()) {
  const date = fromUnix(seconds);
  const start = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate());
  const age = Math.round((start(now) - start(date)) / 86_400_000);
  if (age === 0) return "Today";
  if (age === 1) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}

/** Bytes as people read them. */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function fullName(person) {
  return [person.first_name, person.last_name].filter(Boolean).join(" ");
}
