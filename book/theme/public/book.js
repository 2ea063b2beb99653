// What a page can do beyond being read. Everything here is an addition: without it, all content is still there.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

// -- light and dark

$(".shade").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.theme = theme;
  } catch {
    // A browser that keeps nothing for this page: the choice lasts until the next one.
  }
});

// -- contents on a narrow screen

const menu = $(".menu");

function setMenu(open) {
  menu.setAttribute("aria-expanded", open);
  document.body.classList.toggle("menu-open", open);
}

menu.addEventListener("click", () => setMenu(menu.getAttribute("aria-expanded") !== "true"));
$("main").addEventListener("click", () => setMenu(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
    setMenu(false);
    menu.focus();
  }
});

// -- copy

for (const block of $$(".code")) {
  const button = element(`<button type="button" class="copy">Chép</button>`);
  button.addEventListener("click", async () => {
    await copy($("code", block).textContent);
    button.textContent = "Đã chép";
    setTimeout(() => (button.textContent = "Chép"), 1600);
  });
  block.append(button);
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Pages read from a file system or over plain http have no clipboard object.
  const area = element(`<textarea class="offscreen" aria-hidden="true"></textarea>`);
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// -- tabs: the arrow keys move, as in every tab list

for (const [number, set] of $$(".tabs").entries()) {
  const panels = $$(":scope > .tab", set);
  const list = element(`<div role="tablist"></div>`);
  const tabs = panels.map((panel, index) => {
    const tab = element(`<button type="button" role="tab" id="tab-${number}-${index}"></button>`);
    tab.textContent = $(".tab-title", panel).textContent;
    panel.id = `panel-${number}-${index}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    tab.addEventListener("click", () => select(index));
    return tab;
  });
  const select = (chosen) => {
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", index === chosen);
      tab.tabIndex = index === chosen ? 0 : -1;
      panels[index].classList.toggle("shown", index === chosen);
    });
  };
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
    select(next);
    tabs[next].focus();
  });
  list.append(...tabs);
  set.prepend(list);
  select(0);
}

// -- figures open large

const viewer = element(`<dialog class="viewer" aria-label="Hình lớn">
  <form method="dialog"><button>Đóng</button></form><img alt=""><p></p></dialog>`);
document.body.append(viewer);
viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
for (const link of $$("a.zoom")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    $("img", viewer).src = link.href;
    $("img", viewer).alt = $("p", viewer).textContent = $("img", link).alt;
    viewer.showModal();
  });
}

for (const button of $$(".print")) button.addEventListener("click", () => window.print());

// -- the outline follows the reader

const marks = new Map($$(".outline a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const headings = $$("main :is(h2, h3)[id]").filter((heading) => marks.has(heading.id));

function followReader() {
  const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
  for (const link of marks.values()) link.removeAttribute("aria-current");
  marks.get(passed.at(-1)?.id)?.setAttribute("aria-current", "location");
}

if (headings.length) {
  addEventListener("scroll", followReader, { passive: true });
  followReader();
}

// -- search

const fold = (text) => text.normalize("NFC").replace(/[^\x00-\x7f]/g, (letter) => bare(letter)).toLowerCase();
/** One letter for one letter, so that a place in the folded text is the same place in the text. */
const bare = (letter) => (/[đĐ]/.test(letter) ? "d" : letter.normalize("NFD")[0]);

let index = null;

/** Called by search-index.js, which is loaded when the search is first opened. */
window.bookIndex = (records) => {
  index = records.map((record) => ({
    ...record,
    inHeading: fold(record.heading),
    inText: fold(`${record.text} ${record.code}`),
  }));
  showResults();
};

/** Patterns for the words typed: whole syllables, but the last one may still be incomplete. */
function patterns(words) {
  const safe = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return safe.map((word, at) => `(?<![\\p{L}\\p{N}])${word}${at < safe.length - 1 ? "(?![\\p{L}\\p{N}])" : ""}`);
}

/** Sections that hold all words. What was typed with its marks counts more where the marks agree. */
function find(query) {
  const typed = query.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
  const words = typed.map(fold);
  if (!words.length || !index) return [];
  const wanted = patterns(words).map((source) => new RegExp(source, "u"));
  const phrase = words.join(" ");
  const exact = typed.join(" ");
  const score = (record) =>
    (record.heading.toLowerCase().includes(exact) ? 16 : 0) +
    (record.text.toLowerCase().includes(exact) ? 12 : 0) +
    (record.inHeading.includes(phrase) ? 6 : 0) +
    (record.inHeading.startsWith(phrase) ? 3 : 0) +
    (record.inText.includes(phrase) ? 2 : 0) +
    wanted.filter((pattern) => pattern.test(record.inHeading)).length;
  return index
    .filter(({ inHeading, inText }) => wanted.every((pattern) => pattern.test(inHeading) || pattern.test(inText)))
    .map((record) => ({ record, points: score(record) }))
    .sort((a, b) => b.points - a.points)
    .slice(0, 20)
    .map(({ record }) => ({ ...record, ...excerpt(record, words, phrase) }));
}

/** The words around the first hit. Prose tells more than code, which is shown where only it has the words. */
function excerpt({ text, code, inHeading }, words, phrase) {
  const prose = fold(text);
  const onlyCode = !prose.includes(words[0]) && !inHeading.includes(words[0]);
  const source = onlyCode ? code : text;
  const folded = onlyCode ? fold(code) : prose;
  const hit = folded.includes(phrase) ? folded.indexOf(phrase) : Math.max(folded.indexOf(words[0]), 0);
  const start = hit < 60 ? 0 : source.indexOf(" ", hit - 50) + 1;
  return { before: start ? "… " : "", piece: source.slice(start, start + 170) };
}

function marked(text, words) {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const hit of fold(text).matchAll(new RegExp(patterns(words).join("|") || "$^", "gu"))) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(hit.index, hit.index + hit[0].length);
    fragment.append(text.slice(end, hit.index), mark);
    end = hit.index + hit[0].length;
  }
  fragment.append(text.slice(end));
  return fragment;
}

const finder = element(`<dialog class="finder" aria-label="Tìm kiếm">
  <form method="dialog"><input type="search" aria-label="Tìm trong sách" autocomplete="off" spellcheck="false"
    placeholder="Tìm trong sách, có dấu hay không dấu"><button>Đóng</button></form>
  <p role="status"></p><ol></ol></dialog>`);
document.body.append(finder);
const input = $("input", finder);

function showResults() {
  const words = fold(input.value).split(/\s+/).filter(Boolean);
  const results = find(input.value);
  const none = words.length && index ? "Không tìm thấy. Hãy thử ít từ hơn." : "";
  $("[role=status]", finder).textContent = results.length ? `${results.length} mục` : none;
  $("ol", finder).replaceChildren(
    ...results.map((result) => {
      const item = element(`<li><a><span class="where"></span><strong></strong><span class="piece"></span></a></li>`);
      const link = $("a", item);
      link.href = result.page;
      $(".where", item).textContent = result.title;
      $("strong", item).append(marked(result.heading, words));
      $(".piece", item).append(result.before, marked(result.piece, words));
      link.addEventListener("click", () => finder.close());
      return item;
    }),
  );
}

function openFinder() {
  if (finder.open) return;
  if (!index) document.head.append(Object.assign(document.createElement("script"), { src: "search-index.js" }));
  finder.showModal();
  input.select();
}

$(".find").addEventListener("click", openFinder);
input.addEventListener("input", showResults);
finder.addEventListener("click", (event) => event.target === finder && finder.close());
finder.addEventListener("keydown", (event) => {
  const stops = [input, ...$$("ol a", finder)];
  const at = stops.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  if (next !== undefined && stops[next]) {
    event.preventDefault();
    stops[next].focus();
  } else if (event.key === "Enter" && document.activeElement === input) {
    event.preventDefault();
    stops[1]?.click();
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea");
  if ((event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    openFinder();
  }
});
