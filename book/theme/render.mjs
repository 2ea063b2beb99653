// Writes the whole book as static HTML. mystmd runs this (build.render in template.yml) when the content is ready:
// CONTENT_CDN is the address of its content server on loopback, BUILD_DIRECTORY the folder to fill.
// All links are relative, so the book reads from a file system, a USB stick or any address.

import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { Renderer } from "./html.mjs";
import { pageHtml } from "./page.mjs";
import { records } from "./records.mjs";

const cdn = process.env.CONTENT_CDN;
const target = process.env.BUILD_DIRECTORY;

async function get(url) {
  const response = await fetch(cdn + url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}

const bytes = async (url) => Buffer.from(await (await get(url)).arrayBuffer());

async function save(name, content) {
  const file = path.join(target, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function writeBook() {
  const config = await (await get("/config.json")).json();
  const project = config.projects[0];
  // The toc in reading order: entries without a slug are titles of groups.
  const entries = [{ slug: project.index, title: project.title, level: 1, home: true }, ...project.pages];
  const pages = new Map();
  for (const { slug } of entries.filter((entry) => entry.slug)) {
    pages.set(slug, await (await get(`/content/${slug}.json`)).json());
  }

  const { title, short_title: short = title } = project;
  const book = { title, short, entries, repository: config.options?.repository };
  const renderer = new Renderer(pages, bytes);
  const found = [];
  for (const [slug, page] of pages) {
    await save(`${slug}.html`, pageHtml(book, page, await renderer.page(page)));
    found.push(...records(page, renderer.ids(page)));
  }
  for (const [url, name] of renderer.files) {
    await save(name, await bytes(url));
  }
  // A script and not JSON: a page opened from the file system may not fetch.
  await save("search-index.js", `bookIndex(${JSON.stringify(found)});\n`);
  await cp(new URL("public", import.meta.url), target, { recursive: true });
}

writeBook().catch((error) => {
  console.error(`⛔ ${error.message}`); // book/build.py looks for this sign
  process.exit(1);
});
