// A whole page around its content: head, bar, contents, outline, neighbours.

import { escape, prose } from "./highlight.mjs";

// Before the first paint, so that a dark page does not flash white.
const THEME = `
const root = document.documentElement;
const kept = (() => { try { return localStorage.theme; } catch {} })();
root.dataset.theme = kept || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
root.classList.add("js");
`;

const ICONS = {
  menu: "M3 6h18M3 12h18M3 18h18",
  search: "M21 21l-5-5M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z",
  sun: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M18.4 5.6L17 7M7 17l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  rocket: "M5 12h14M13 6l6 6-6 6",
  print: "M7 9V4h10v5M7 17H4v-7h16v7h-3M7 14h10v6H7z",
};

const icon = (name) =>
  `<svg class="icon ${name}" viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const LICENCE = "https://creativecommons.org/licenses/by/4.0/deed.vi";

export function pageHtml(book, page, { body, headings, download }) {
  const { title, description } = page.frontmatter;
  const home = page.slug === "index";
  const order = book.entries.filter((entry) => entry.slug);
  const at = order.findIndex((entry) => entry.slug === page.slug);
  return `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(home ? book.title : `${title} · ${book.title}`)}</title>
${description ? `<meta name="description" content="${escape(description)}">` : ""}
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="book.css">
<script>{${THEME}}</script>
<script src="book.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Tới nội dung</a>
${bar(book)}
<div class="frame">
<nav class="contents" id="contents" aria-label="Mục lục">${contents(book, page)}</nav>
<main id="content"${home ? ' class="home"' : ""} tabindex="-1">
<article>
<h1>${heading(title)}</h1>
${tools(book, page, download)}${body}
</article>
${neighbours(order[at - 1], order[at + 1])}
<footer class="foot">
<p>Bài học: <a href="${LICENCE}">CC BY 4.0</a>. Mã nguồn: MIT.
Ảnh trong bài là mô phỏng, trừ nơi ghi rõ là ảnh thật.</p>
</footer>
</main>
${outline(headings)}
</div>
</body>
</html>
`;
}

function bar(book) {
  return `<header class="bar">
<button type="button" class="menu" aria-expanded="false" aria-controls="contents" aria-label="Mục lục">
${icon("menu")}</button>
<a class="brand" href="index.html"><img src="icon.svg" alt="" width="28" height="28">
<span class="long">${escape(book.title)}</span><span class="short">${escape(book.short)}</span></a>
<button type="button" class="find" aria-haspopup="dialog">${icon("search")}<span>Tìm kiếm</span><kbd>/</kbd></button>
<button type="button" class="shade" aria-label="Đổi nền sáng, tối">${icon("moon")}${icon("sun")}</button>
</header>`;
}

/** "Bài 3. Tải dữ liệu" on two lines: the number small, the name large. */
function heading(title) {
  const parts = /^(Bài \d+\.) (.*)$/.exec(title);
  return parts ? `<span class="kicker">${parts[1]}</span> ${prose(parts[2])}` : prose(title);
}

function contents(book, page) {
  const item = ({ slug, short_title, title, home }) => {
    const current = slug === page.slug ? ' aria-current="page"' : "";
    return `<li><a href="${slug}.html"${current}>${escape(home ? "Trang đầu" : (short_title ?? title))}</a></li>`;
  };
  let html = "";
  let open = false;
  for (const entry of book.entries) {
    if (!entry.slug) html += `${open ? "</ul>" : ""}<h2>${escape(entry.title)}</h2><ul>`;
    else html += open ? item(entry) : `<ul>${item(entry)}`;
    open = true;
  }
  return `${html}</ul>`;
}

function tools(book, page, download) {
  if (!download) return "";
  const links = [`<a href="${download.href}" download="${escape(download.name)}">${icon("download")}Tải notebook</a>`];
  if (book.repository) {
    const path = encodeURIComponent(`lab/tree${page.location}`);
    const url = `https://mybinder.org/v2/gh/${book.repository}/HEAD?urlpath=${path}`;
    links.push(`<a href="${escape(url)}">${icon("rocket")}Chạy trên Binder</a>`);
  }
  links.push(`<button type="button" class="print">${icon("print")}In bài này</button>`);
  const needs = `Notebook chạy bên trong khóa học: nó cần các gói <code>lessons</code> và <code>cdse_access</code>.`;
  const how = `<a href="index.html#cai-dat">Cài đặt</a>`;
  return `<p class="tools">${links.join("")}</p>\n<p class="needs">${needs} ${how}</p>\n`;
}

function neighbours(before, after) {
  const link = (entry, kind, word) => {
    if (!entry) return "<span></span>";
    const title = entry.home ? "Trang đầu" : (entry.short_title ?? entry.title);
    return `<a class="${kind}" rel="${kind}" href="${entry.slug}.html"><small>${word}</small>${escape(title)}</a>`;
  };
  const links = link(before, "prev", "Trang trước") + link(after, "next", "Trang sau");
  return `<nav class="neighbours" aria-label="Trang kề">${links}</nav>`;
}

function outline(headings) {
  if (headings.length < 2) return "";
  const items = headings.map(({ id, depth, html }) => `<li class="d${depth}"><a href="#${id}">${html}</a></li>`);
  return `<nav class="outline" aria-label="Trong trang này"><h2>Trong trang này</h2><ul>${items.join("")}</ul></nav>`;
}
