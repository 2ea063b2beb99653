// JupyterLab draws a picture without alt text, and a kernel knows nothing of a cell's metadata. This extension, written
// by hand in the form of a prebuilt one, gives each picture the `alt` of its cell, and writes its `caption` below.
"use strict";

// A block: the names of all scripts of a page would meet otherwise.
{
  const NAME = "hinh-ve";
  const STYLE = `
    .${NAME} { padding: 4px 8px 10px calc(var(--jp-cell-prompt-width) + 8px); color: var(--jp-content-font-color2);
      font-family: var(--jp-content-font-family); font-size: var(--jp-content-font-size1); line-height: 1.5; }
    .${NAME} strong { color: var(--jp-content-font-color1); }
    /* The wrapper is a row: beside the picture a caption would take half its width. */
    .jp-Cell-outputWrapper:has(> .${NAME}) { flex-wrap: wrap; }
    .jp-Cell-outputWrapper > .${NAME} { flex: 0 0 100%; box-sizing: border-box; }
    .jp-Cell-outputWrapper:has(> .${NAME}) > .jp-OutputArea { flex: 1 1 0; min-width: 0; }`;
  const MARKS = [[/^\*([^*]+)\*$/, "em"], [/^`([^`]+)`$/, "code"]];

  /** A caption's few marks of Markdown, as elements; what a learner writes there is never read as HTML. */
  function mark(piece) {
    for (const [pattern, tag] of MARKS) {
      const found = pattern.exec(piece);
      if (found) return Object.assign(document.createElement(tag), { textContent: found[1] });
    }
    return piece;
  }

  function writeCaption(text, number) {
    const line = Object.assign(document.createElement("div"), { className: NAME });
    const name = Object.assign(document.createElement("strong"), { textContent: `Hình ${number}: ` });
    line.append(name, ...text.split(/(\*[^*]+\*|`[^`]+`)/).map(mark));
    line.dataset.source = `${number} ${text}`;
    return line;
  }

  /** Figures are numbered as in the book: by the cells that have a caption. */
  function equip(panel) {
    let number = 0;
    for (const cell of panel.content.widgets) {
      if (cell.model.type !== "code") continue;
      const [alt, caption] = [cell.model.getMetadata("alt"), cell.model.getMetadata("caption")];
      number += caption ? 1 : 0;
      const area = cell.outputArea?.node;
      if (area) equipCell(area, { alt, caption, number });
    }
  }

  function equipCell(area, { alt, caption, number }) {
    const pictures = [...area.querySelectorAll(".jp-RenderedImage img, .jp-RenderedSVG img")];
    for (const picture of pictures) {
      if (alt && picture.alt !== alt) picture.alt = alt;
    }
    const old = area.parentElement?.querySelector(`:scope > .${NAME}`);
    const isWanted = caption && pictures.length > 0;
    if (old && isWanted && old.dataset.source === `${number} ${caption}`) return;
    old?.remove();
    if (isWanted) area.after(writeCaption(caption, number));
  }

  /** Whatever is drawn in this notebook, now or after a cell has run again, is looked at once more. */
  function watch(panel) {
    let isWaiting = false;
    const look = () => {
      isWaiting = false;
      if (!panel.isDisposed && panel.content.model) equip(panel);
    };
    const observer = new MutationObserver(() => {
      if (isWaiting) return;
      isWaiting = true;
      requestAnimationFrame(look);
    });
    observer.observe(panel.content.node, { childList: true, subtree: true });
    panel.disposed.connect(() => observer.disconnect());
    panel.context.ready.then(look);
  }

  function activate(app, tracker) {
    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => watch(panel));
  }

  let scope;
  (globalThis._JUPYTERLAB ??= {})[NAME] = {
    init: (shared) => { scope = shared; },
    get: async () => {
      const [version] = Object.values(scope["@jupyterlab/notebook"]);
      const { INotebookTracker } = (await version.get())();
      const plugin = { id: `${NAME}:plugin`, autoStart: true, requires: [INotebookTracker], activate };
      return () => ({ __esModule: true, default: plugin });
    },
  };
}
