// A mystmd plugin: the words that mystmd itself puts into a page, in Vietnamese, whatever the theme.

const TITLES = {
  Note: "Ghi chú", Tip: "Mẹo", Hint: "Gợi ý", Important: "Quan trọng", Attention: "Chú ý", Caution: "Cẩn thận",
  Warning: "Cảnh báo", Danger: "Nguy hiểm", Error: "Lỗi", "See Also": "Xem thêm", Admonition: "Lưu ý",
  Exercise: "Bài tập", Solution: "Lời giải", Abstract: "Tóm tắt",
};
const CAPTIONS = {
  Figure: "Hình", Table: "Bảng", Program: "Chương trình", Equation: "Công thức", Exercise: "Bài tập",
};

function translateTitle(node) {
  const [first] = node.children;
  if (first?.type !== "text") return;
  if (node.children.length === 1 && TITLES[first.value]) first.value = TITLES[first.value];
  first.value = first.value.replace(/^Solution to /, "Lời giải của ").replace(/^Exercise\b/, "Bài tập");
}

function translateCaption(node) {
  for (const [english, vietnamese] of Object.entries(CAPTIONS)) {
    if (node.template) node.template = node.template.replace(english, vietnamese);
    for (const child of node.children ?? []) {
      if (child.type === "text") child.value = child.value.replace(new RegExp(`^${english}\\b`), vietnamese);
    }
  }
}

function translate(node) {
  if (node.type === "admonitionTitle") translateTitle(node);
  if (node.type === "captionNumber" || node.type === "crossReference") translateCaption(node);
  node.children?.forEach(translate);
}

// Titles are there once a document is read, numbers only once the project is put together.
const transforms = ["document", "project"].map((stage) => ({
  name: `vietnamese-${stage}`,
  doc: "Words of mystmd in Vietnamese",
  stage,
  plugin: () => translate,
}));

// {mau}`2E7D32` is a small square of that colour, for legends.
const SQUARE = { display: "inline-block", width: "1.1em", height: "1.1em", verticalAlign: "-0.15em", marginRight: "0.4em", border: "1px solid #8a9490", borderRadius: "0.2em" };

const colour = {
  name: "mau",
  doc: "A square of a colour, given as RRGGBB, and its name",
  body: { type: String, required: true },
  run({ body }) {
    if (!/^[0-9A-F]{6}$/.test(body)) throw new Error(`{mau}: ${body} is no colour as RRGGBB`);
    const square = { type: "span", style: { ...SQUARE, backgroundColor: `#${body}` }, children: [] };
    return [{ type: "span", style: { whiteSpace: "nowrap" }, children: [square, { type: "inlineCode", value: body }] }];
  },
};

export default { name: "Vietnamese", transforms, roles: [colour] };
