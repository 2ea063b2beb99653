// A mystmd plugin: a cell with metadata `alt` and `caption` becomes code, then a figure of what the cell shows.
// mystmd itself makes the numbered figure out of `caption` and `label`, but puts the code inside, and forgets `alt`.

const isPicture = (type) => type.startsWith("image/");

/** Both themes take the alt text of a picture from its text/plain. */
function writeAlt(output, alt) {
  const data = output.jupyter_data?.data ?? {};
  if (!Object.keys(data).some(isPicture)) return 0;
  data["text/plain"] = alt;
  return 1;
}

function liftCode(cell) {
  const [figure] = cell.children;
  if (figure?.type !== "container") return;
  const code = figure.children.filter((child) => child.type === "code");
  figure.children = figure.children.filter((child) => child.type !== "code");
  cell.children.unshift(...code);
}

function visit(node, file) {
  const alt = node.kind === "notebook-code" && node.data?.alt;
  if (!alt) {
    node.children?.forEach((child) => visit(child, file));
    return;
  }
  const outputs = [];
  const collect = (child) => (child.type === "output" ? outputs.push(child) : child.children?.forEach(collect));
  collect(node);
  const written = outputs.map((output) => writeAlt(output, alt)).reduce((sum, one) => sum + one, 0);
  if (written !== 1) file.message(`${written} pictures for one alt text: ${alt}`);
  liftCode(node);
}

const transform = {
  name: "figures-of-cells",
  doc: "Alt text of cells from their metadata, code out of their figures",
  stage: "document",
  plugin: () => (tree, file) => visit(tree, file),
};

export default { name: "Figures of cells", transforms: [transform] };
