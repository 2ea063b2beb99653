// What the search looks in: one record for each section of a page.

import { textOf } from "./ids.mjs";

const CONTENT = new Set(["paragraph", "tableRow", "definitionTerm", "caption", "admonitionTitle", "cardTitle", "code"]);

export function records(page, ids) {
  const title = page.frontmatter.short_title ?? page.frontmatter.title;
  const sections = [{ page: `${page.slug}.html`, title, heading: page.frontmatter.title, text: [], code: [] }];
  collect(page.mdast, sections, ids, title);
  const joined = (parts) => parts.join(" ").replace(/\s+/g, " ").normalize("NFC");
  return sections.map(({ text, code, ...rest }) => ({ ...rest, text: joined(text), code: joined(code) }));
}

function collect(node, sections, ids, title) {
  if (node.visibility === "remove" || node.data?.tags?.includes("exercise")) return;
  const [first] = sections;
  if (node.type === "heading") {
    const id = ids.get(node.html_id);
    sections.push({ page: `${first.page}#${id}`, title, heading: textOf(node).normalize("NFC"), text: [], code: [] });
  } else if (CONTENT.has(node.type)) {
    sections.at(-1)[node.type === "code" ? "code" : "text"].push(textOf(node));
  } else {
    for (const child of node.children ?? []) collect(child, sections, ids, title);
  }
}
