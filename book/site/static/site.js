/* Small things on every page: definitions that show on hover and focus, and tables that scroll by keyboard. */
(function () {
  "use strict";

  /* One tooltip for all term links. It stays while the pointer is on it, and Escape closes it. */
  function definitions() {
    const links = document.querySelectorAll("a.term-link[data-definition]");
    if (!links.length) return;
    const tip = document.createElement("div");
    tip.id = "definition";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    document.body.append(tip);
    let owner = null, timer = null;

    function show(link) {
      clearTimeout(timer);
      hide();
      owner = link;
      tip.textContent = link.dataset.definition;
      link.setAttribute("aria-describedby", tip.id);
      tip.hidden = false;
      const box = link.getBoundingClientRect(), size = tip.getBoundingClientRect();
      const left = Math.min(Math.max(8, box.left + window.scrollX), window.scrollX + document.documentElement.clientWidth - size.width - 8);
      const above = box.bottom + size.height + 12 > window.innerHeight && box.top > size.height + 12;
      tip.style.left = Math.max(8, left) + "px";
      tip.style.top = window.scrollY + (above ? box.top - size.height - 6 : box.bottom + 6) + "px";
    }
    function hide() {
      if (owner) owner.removeAttribute("aria-describedby");
      owner = null;
      tip.hidden = true;
    }
    const later = () => (timer = setTimeout(hide, 150));
    links.forEach((link) => {
      link.addEventListener("mouseenter", () => show(link));
      link.addEventListener("mouseleave", later);
      link.addEventListener("focus", () => show(link));
      link.addEventListener("blur", later);
    });
    tip.addEventListener("mouseenter", () => clearTimeout(timer));
    tip.addEventListener("mouseleave", later);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  }

  function wideTables() {
    document.querySelectorAll(".bd-article table").forEach((table) => {
      const box = table.parentElement;
      if (!box || box.classList.contains("table-box") || table.closest(".plot-numbers")) return;
      const made = document.createElement("div");
      made.className = "table-box";
      table.replaceWith(made);
      made.append(table);
    });
  }

  /* What scrolls sideways inside its box must be reachable by keyboard, and only that. */
  function reach() {
    document.querySelectorAll(".table-box, .math-block").forEach((box) => {
      const wide = box.scrollWidth > box.clientWidth;
      if (wide) Object.assign(box, { tabIndex: 0, role: "group", ariaLabel: box.classList.contains("math-block") ? "formula" : "table" });
      else if (box.hasAttribute("tabindex")) ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    });
  }

  function start() {
    definitions();
    wideTables();
    reach();
    window.addEventListener("resize", reach);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
