// From mystmd's tree to HTML. An unknown kind of node stops the build: nothing gets lost in silence.

import { boxLines, escape, highlight, prose } from "./highlight.mjs";
import { slugify, textOf } from "./ids.mjs";
import { size } from "./size.mjs";

// Elements that only wrap their children.
const PLAIN = {
  strong: "strong", emphasis: "em", subscript: "sub", superscript: "sup", delete: "del", blockquote: "blockquote",
  definitionList: "dl", definitionDescription: "dd", keyboard: "kbd", caption: "figcaption", legend: "div",
  summary: "summary", footer: "footer", cardTitle: "p", div: "div", span: "span", aside: "aside", header: "header",
};
const SILENT = new Set(["comment", "mystTarget", "footnoteDefinition"]);
const IMAGES = ["image/webp", "image/png", "image/jpeg", "image/svg+xml"];

/** Style as React writes it (`backgroundColor`), as an attribute. */
function styleOf({ style }) {
  if (!style) return "";
  const rules = Object.entries(style).map(([name, value]) => `${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}:${value}`);
  return ` style="${escape(rules.join(";"))}"`;
}

export class Renderer {
  constructor(pages, fetchBytes) {
    this.pages = pages;
    this.fetchBytes = fetchBytes;
    this.files = new Map(); // address on mystmd's content server -> name in the book
    this.slugs = new Set(pages.keys());
  }

  /** HTML of a page's content, the headings for its outline, the notebook behind it. */
  async page(page) {
    this.current = page;
    this.headings = [];
    this.questions = 0;
    const body = await this.all(page.mdast.children);
    const notebook = page.frontmatter.exports?.find((one) => one.format === "ipynb");
    const download = notebook && { name: notebook.filename, href: this.file(notebook.url) };
    return { body: body + (await this.notes(page.mdast)), headings: this.headings, download };
  }

  /** mystmd's ids of a page and ours: its own drop every Vietnamese letter ("Bài tập" -> "b-i-t-p"). */
  ids(page) {
    if (page.ids) return page.ids;
    page.ids = new Map();
    const taken = new Set();
    const visit = (node) => {
      if (node.html_id && !page.ids.has(node.html_id)) {
        const wish = (node.implicit || node.type === "definitionTerm") && slugify(textOf(node));
        let id = wish || node.html_id;
        for (let number = 2; taken.has(id); number++) id = `${wish || node.html_id}-${number}`;
        taken.add(id);
        page.ids.set(node.html_id, id);
      }
      (node.children ?? []).forEach(visit);
    };
    visit(page.mdast);
    return page.ids;
  }

  id(node) {
    return node.html_id ? ` id="${this.ids(this.current).get(node.html_id)}"` : "";
  }

  /** Where a link of the tree leads, seen from any page: they all lie in one folder. */
  address(url, anchor = "") {
    const [, slug, hash] = /^\/?([^#]*)#?(.*)$/.exec(url);
    const target = slug === "" ? "index" : slug;
    if (!this.slugs.has(target)) return this.file(url);
    const id = anchor || hash;
    if (!id) return `${target}.html`;
    return `${target}.html#${this.ids(this.pages.get(target)).get(id) ?? id}`;
  }

  file(url) {
    if (!url.startsWith("/")) throw new Error(`${this.current.location}: no page or file ${url}`);
    const name = `files${url}`;
    this.files.set(url, name);
    return name;
  }

  async all(nodes = []) {
    let html = "";
    this.group(nodes);
    for (const node of nodes) html += await this.node(node);
    return html;
  }

  /** Choices of one question stand one after another: they share a name, so that opening one closes the last. */
  group(nodes) {
    nodes.forEach((node, at) => {
      if (!isChoice(node)) return;
      this.questions += isChoice(nodes[at - 1]) ? 0 : 1;
      node.question = `cau-${this.questions}`;
    });
  }

  async node(node) {
    if (node.visibility === "remove" || SILENT.has(node.type)) return "";
    if (node.type in PLAIN) return this.plain(node);
    if (!(`$${node.type}` in this)) throw new Error(`${this.current.location}: cannot draw a node "${node.type}"`);
    return this[`$${node.type}`](node);
  }

  async plain(node) {
    const tag = PLAIN[node.type];
    const name = node.class ?? { cardTitle: "card-title", legend: "legend" }[node.type];
    return `<${tag}${this.id(node)}${name ? ` class="${escape(name)}"` : ""}${styleOf(node)}>${await this.all(node.children)}</${tag}>`;
  }

  // -- text

  $text(node) {
    return prose(node.value);
  }

  async $paragraph(node) {
    return `<p>${await this.all(node.children)}</p>\n`;
  }

  async $heading(node) {
    const id = this.ids(this.current).get(node.html_id);
    const inner = await this.all(node.children);
    if (node.depth <= 3) this.headings.push({ id, depth: node.depth, html: inner.replace(/<\/?a\b[^>]*>/g, "") });
    const label = `Liên kết tới mục ${escape(textOf(node))}`;
    const anchor = `<a class="anchor" href="#${id}" aria-label="${label}">#</a>`;
    return `<h${node.depth} id="${id}">${inner}${anchor}</h${node.depth}>\n`;
  }

  $inlineCode(node) {
    return `<code>${escape(node.value)}</code>`;
  }

  $break() {
    return "<br>";
  }

  $thematicBreak() {
    return "<hr>";
  }

  $abbreviation(node) {
    return `<abbr title="${escape(node.title)}">${escape(textOf(node))}</abbr>`;
  }

  async $link(node) {
    const inner = await this.all(node.children);
    if (/^(https?|mailto):/.test(node.url)) {
      const kind = textOf(node) === node.url ? "address" : "outside";
      return `<a class="${kind}" href="${escape(node.url)}">${inner}</a>`;
    }
    const kind = node.class?.includes("button") ? ' class="button"' : "";
    return `<a${kind} href="${escape(node.url.startsWith("#") ? node.url : this.address(node.url))}">${inner}</a>`;
  }

  async $crossReference(node) {
    const here = `#${this.ids(this.current).get(node.html_id) ?? node.html_id}`;
    const href = node.remote ? this.address(node.url, node.html_id) : here;
    return `<a href="${escape(href)}">${await this.all(node.children)}</a>`;
  }

  $footnoteReference(node) {
    const id = escape(node.identifier);
    const link = `<a id="ref-${id}" href="#note-${id}" aria-label="Chú thích ${id}">${escape(node.enumerator)}</a>`;
    return `<sup>${link}</sup>`;
  }

  async notes(tree) {
    const found = [];
    const visit = (node) => (node.type === "footnoteDefinition" ? found.push(node) : node.children?.forEach(visit));
    visit(tree);
    if (!found.length) return "";
    let html = "";
    for (const node of found) html += `<li id="note-${escape(node.identifier)}">${await this.all(node.children)}</li>`;
    return `<section class="footnotes" aria-label="Chú thích"><ol>${html}</ol></section>`;
  }

  // The MathML part of what KaTeX made: browsers draw it without any fonts or style sheets of KaTeX.
  $inlineMath(node) {
    return mathml(node, this.current);
  }

  $math(node) {
    const number = node.enumerator && node.label ? `<span class="number">(${escape(node.enumerator)})</span>` : "";
    const open = `<div class="math" tabindex="0" role="group" aria-label="Công thức"${this.id(node)}>`;
    return `${open}${mathml(node, this.current)}${number}</div>\n`;
  }

  // -- lists and tables

  async $list(node) {
    const tag = node.ordered ? "ol" : "ul";
    const start = node.start > 1 ? ` start="${node.start}"` : "";
    return `<${tag}${start}>${await this.all(node.children)}</${tag}>\n`;
  }

  async $listItem(node) {
    const only = node.children.length === 1 && node.children[0].type === "paragraph" ? node.children[0] : node;
    return `<li>${await this.all(only.children)}</li>`;
  }

  async $definitionTerm(node) {
    return `<dt${this.id(node)}>${await this.all(node.children)}</dt>`;
  }

  async $glossary(node) {
    return `<div class="glossary">${await this.all(node.children)}</div>`;
  }

  async $table(node) {
    const rows = [];
    for (const row of node.children) rows.push(await this.node(row));
    const heads = node.children.findIndex((row) => !row.children.every((cell) => cell.header));
    const head = heads > 0 ? `<thead>${rows.slice(0, heads).join("")}</thead>` : "";
    const body = `<tbody>${rows.slice(Math.max(heads, 0)).join("")}</tbody>`;
    return `<div class="scroll" tabindex="0" role="region" aria-label="Bảng"><table>${head}${body}</table></div>\n`;
  }

  async $tableRow(node) {
    return `<tr>${await this.all(node.children)}</tr>`;
  }

  async $tableCell(node) {
    const empty = node.header && !textOf(node).trim();
    const tag = node.header && !empty ? "th" : "td";
    const scope = tag === "th" ? ' scope="col"' : "";
    const align = node.align && node.align !== "left" ? ` class="${node.align}"` : "";
    return `<${tag}${scope}${align}>${await this.all(node.children)}</${tag}>`;
  }

  // -- boxes

  async $admonition(node) {
    const [first, ...rest] = node.children;
    const titled = first?.type === "admonitionTitle";
    const title = titled ? await this.all(first.children) : "Lưu ý";
    const body = await this.all(titled ? rest : node.children);
    const kind = escape(node.kind ?? "admonition");
    if (node.class?.includes("dropdown")) {
      return `<details class="box ${kind}"${this.id(node)}><summary>${title}</summary>${body}</details>\n`;
    }
    return `<aside class="box ${kind}"${this.id(node)}><p class="box-title">${title}</p>${body}</aside>\n`;
  }

  async $exercise(node) {
    const [first, ...rest] = node.children;
    const number = node.enumerator ? `Bài tập ${node.enumerator}` : "Bài tập";
    const titled = first?.type === "admonitionTitle";
    const words = { type: "text", value: titled ? `${number}. ` : number };
    const title = { type: "admonitionTitle", children: [words, ...(titled ? first.children : [])] };
    return this.$admonition({ ...node, kind: "exercise", children: [title, ...(titled ? rest : node.children)] });
  }

  async $solution(node) {
    return this.$admonition({ ...node, kind: "solution" });
  }

  async $details(node) {
    const kind = isChoice(node) ? `quiz ${this.judge(node)}` : isSolution(node) ? "solution" : "more";
    const name = node.question ? ` name="${node.question}"` : "";
    return `<details class="box ${kind}"${name}${this.id(node)}>${await this.all(node.children)}</details>\n`;
  }

  /** What a choice of the quiz says of itself once it is open. */
  judge(node) {
    const words = textOf({ children: node.children.filter((child) => child.type !== "summary") }).trim();
    if (words.startsWith("Đúng:")) return "correct";
    if (words.startsWith("Chưa đúng:")) return "mistaken";
    throw new Error(`${this.current.location}: a choice says neither "Đúng:" nor "Chưa đúng:": ${textOf(node)}`);
  }

  async $grid(node) {
    return `<div class="grid">${await this.all(node.children)}</div>\n`;
  }

  async $card(node) {
    const body = await this.all(node.children);
    if (!node.url) return `<div class="card"${this.id(node)}>${body}</div>\n`;
    const href = node.internal ? this.address(node.url) : node.url;
    return `<a class="card" href="${escape(href)}">${body}</a>\n`;
  }

  async $tabSet(node) {
    let html = "";
    for (const item of node.children) {
      const body = await this.all(item.children);
      html += `<section class="tab"><p class="tab-title">${escape(item.title)}</p>${body}</section>`;
    }
    return `<div class="tabs">${html}</div>\n`; // book.js turns it into tabs; without it, and on paper, all is shown
  }

  // -- figures

  async $container(node) {
    const caption = node.children.find((child) => child.type === "caption");
    const inside = await this.all(node.children.filter((child) => child !== caption));
    const words = caption ? `<figcaption>${await this.all(caption.children)}${this.origin(node)}</figcaption>` : "";
    return `<figure class="${escape(node.kind)}"${this.id(node)}>${inside}${words}</figure>\n`;
  }

  /** The lesson that a figure is taken from. */
  origin({ source }) {
    if (!source) return "";
    return `<a class="source" href="${this.address(source.url)}">${escape(source.short_title ?? source.title)}</a>`;
  }

  async $captionNumber(node) {
    return `<span class="number">${await this.all(node.children)}</span> `;
  }

  /** What is left of a figure that shows a cell, when there is no such cell: mystmd does not report it. */
  $_lift(node) {
    throw new Error(`${this.current.location}: no cell has the label ${node.source?.label}`);
  }

  async $image(node) {
    // mystmd fills in the caption where there is no alt text: that says nothing to someone who has heard the caption.
    if (!node.alt || node.data?.altTextIsAutoGenerated) throw new Error(`${this.current.location}: image ${node.urlSource ?? node.url} has no alt text`);
    return this.picture(node.url, node.alt, node.width);
  }

  /** A picture that opens large: a plain link, which book.js shows in place. */
  async picture(url, alt, wish) {
    const src = escape(this.file(url));
    const { width, height } = size(await this.fetchBytes(url));
    const room = width ? ` width="${width}" height="${height}"` : "";
    const style = wish ? ` style="width:${escape(wish)}"` : "";
    const image = `<img src="${src}" alt="${escape(alt)}"${room}${style} loading="lazy" decoding="async">`;
    return `<a class="zoom" href="${src}">${image}</a>`;
  }

  // -- code cells

  async $block(node) {
    if (node.kind !== "notebook-code") {
      const html = await this.all(node.children);
      return node.data?.class ? `<div class="${escape(node.data.class)}">${html}</div>` : html;
    }
    if (node.data?.tags?.includes("exercise")) {
      const asked = node.children.filter((child) => child.type !== "outputs"); // it says that there is no answer yet
      return `<div class="cell exercise">${await this.all(asked)}</div>\n`;
    }
    return `<div class="cell">${await this.all(node.children)}</div>\n`;
  }

  $code(node) {
    const language = node.lang ?? "text";
    const name = { python: "Mã Python", bash: "Lệnh", ipython3: "Mã Python" }[language] ?? "Đoạn chữ";
    const code = `<code class="language-${escape(language)}">${boxLines(highlight(node.value, language))}</code>`;
    const kind = node.value.split("\n").length > 14 ? "code long" : "code"; // may be cut in two on paper
    return `<div class="${kind}"${this.id(node)}><pre tabindex="0" role="group" aria-label="${name}">${code}</pre></div>\n`;
  }

  async $outputs(node) {
    const html = await this.all(node.children);
    return html && `<div class="outputs">${html}</div>`;
  }

  async $output(node) {
    const data = node.jupyter_data;
    if (!data) return this.all(node.children);
    if (data.output_type === "stream") return printed(data.text, data.name);
    if (data.output_type === "error") return printed(`${data.ename}: ${data.evalue}`, "error");
    const image = IMAGES.map((type) => data.data[type]).find(Boolean);
    if (image) return this.picture(image.path, await this.content(data.data["text/plain"]));
    const html = data.data["text/html"];
    if (html) {
      const text = await this.content(html);
      return text.startsWith("<progress") ? "" : this.table(text); // a bar that is full says nothing on paper
    }
    return printed(await this.content(data.data["text/plain"]), "result");
  }

  async content(part) {
    if (!part) throw new Error(`${this.current.location}: an output has no text`);
    return part.path ? (await this.fetchBytes(part.path)).toString() : [part.content].flat().join("");
  }

  /** HTML made by xarray or pandas, with names for what has none; xarray's icons are drawn once a page. */
  table(html) {
    const once = this.current.hasIcons ? html.replace(XARRAY_ICONS, "") : html;
    this.current.hasIcons ||= XARRAY_ICONS.test(html);
    const named = once
      .replace(/(<input\b[^>]*class=['"]xr-var-attrs-in['"])/g, '$1 aria-label="Thuộc tính"')
      .replace(/(<input\b[^>]*class=['"]xr-var-data-in['"])/g, '$1 aria-label="Giá trị"')
      .replace(/(<input\b[^>]*class=['"]xr-index-data-in['"])/g, '$1 aria-label="Chỉ mục"')
      .replaceAll("Show/Hide attributes", "Hiện hoặc ẩn thuộc tính")
      .replaceAll("Show/Hide data repr", "Hiện hoặc ẩn giá trị")
      .replaceAll("Show/Hide index repr", "Hiện hoặc ẩn chỉ mục")
      .replaceAll("Expand/collapse section", "Mở hoặc đóng phần này");
    return `<div class="rich scroll" tabindex="0" role="region" aria-label="Kết quả dạng bảng">${named}</div>`;
  }
}

const XARRAY_ICONS = /<svg style="position: absolute[^>]*>[\s\S]*?<\/svg>/;

function isChoice(node) {
  return node?.type === "details" && /\bquiz\b/.test(node.class ?? "");
}

function isSolution(node) {
  return node.children[0]?.type === "summary" && textOf(node.children[0]) === "Lời giải";
}

function mathml(node, page) {
  const found = /<math[\s\S]*<\/math>/.exec(node.html ?? "");
  if (!found) throw new Error(`${page.location}: formula not understood: ${node.value}`);
  return found[0].replace(/<annotation[\s\S]*?<\/annotation>/g, "");
}

function printed(text, kind) {
  // A progress bar returns to the start of its line: what it wrote last is what a terminal shows.
  const shown = text.split("\n").map((line) => line.split("\r").filter(Boolean).at(-1) ?? "").join("\n").trimEnd();
  const label = kind === "error" || kind === "stderr" ? "Thông báo lỗi" : "Kết quả";
  return shown && `<pre class="${kind}" tabindex="0" role="group" aria-label="${label}">${escape(shown)}</pre>`;
}
