// Words and numbers as people read them.

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function sized(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

export function day(time) {
  const date = new Date(time);
  return isNaN(date) ? time : date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

export function moment(time) {
  const date = new Date(time);
  if (isNaN(date)) return time;
  return `${day(time)}, ${date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
}

// "data-quality" → "Data quality"
export function label(slug) {
  const words = slug.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
