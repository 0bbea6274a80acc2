/* Quotes each search result's page around the words that were searched for. */
(function () {
  "use strict";
  const AROUND = 110;

  function words() {
    const query = new URLSearchParams(window.location.search).get("q") || "";
    return query.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 1);
  }

  function quote(text, wanted) {
    const lower = text.toLowerCase();
    const places = wanted.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    if (!places.length) return null;
    let from = Math.max(0, Math.min(...places) - AROUND);
    let to = Math.min(text.length, Math.min(...places) + 2 * AROUND);
    if (from > 0) from = text.indexOf(" ", from) + 1;
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from);
    const line = document.createElement("p");
    line.className = "search-quote";
    line.append(from > 0 ? "… " : "");
    let rest = text.slice(from, to);
    while (rest) {
      const small = rest.toLowerCase();
      const hits = wanted.map((word) => [small.indexOf(word), word.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
      if (!hits.length) break;
      const [at, length] = hits[0];
      const mark = document.createElement("mark");
      mark.textContent = rest.slice(at, at + length);
      line.append(rest.slice(0, at), mark);
      rest = rest.slice(at + length);
    }
    line.append(rest, to < text.length ? " …" : "");
    return line;
  }

  function start() {
    const results = document.getElementById("search-results");
    if (!results || !window.BOOK_TEXTS) return;
    const wanted = words();
    const root = document.documentElement.dataset.content_root || "./";
    new MutationObserver(() => {
      results.querySelectorAll("li:not([data-quoted])").forEach((item) => {
        item.dataset.quoted = "1";
        const link = item.querySelector("a");
        const page = link && link.getAttribute("href").replace(root, "").replace(/^\.\//, "").replace(/\.html.*$/, "");
        const line = page && quote(window.BOOK_TEXTS[page] || "", wanted);
        if (line) item.append(line);
      });
    }).observe(results, { childList: true, subtree: true });
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
