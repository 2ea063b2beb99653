// An extension of JupyterLab in the form in which its prebuilt ones are loaded (a container of module federation),
// written by hand: nothing is built, nothing of npm is needed. It begins a lesson anew, says when the course has a
// newer one, and brings a code font that has every Vietnamese letter.

const NAME = "khoa-hoc";
const COMMAND = `${NAME}:restart`;
const LABEL = "Bắt đầu lại bài này";
const HINT = "Lấy lại bài như lúc đầu; bản bạn đã sửa được cất sang một bên";

/** One of JupyterLab's own modules, of which there is a single copy. */
async function share(scope, name) {
  const [version] = Object.values(scope[name]);
  return (await version.get())();
}

/** What the server says of the lessons, or of the one that it began anew. */
async function ask(services, body) {
  const settings = services.ServerConnection.makeSettings();
  const request = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await services.ServerConnection.makeRequest(`${settings.baseUrl}${NAME}/bai`, request, settings);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message ?? response.statusText);
  return answer;
}

/** The lesson that a notebook is the learner's copy of. */
function findLesson(panel, lessons) {
  const [, folder, name] = /^(?:.*:)?([^/]+)\/([^/]+)\.ipynb$/.exec(panel?.context.path ?? "") ?? [];
  return folder === lessons.folder && lessons.names.includes(name) ? name : undefined;
}

async function restart(panel, name, { apputils, services }) {
  const body = `Bài ${name} sẽ trở lại như lúc đầu. Bản bạn đã sửa không mất: nó được cất vào thư mục ban-cu.`;
  const buttons = [apputils.Dialog.cancelButton({ label: "Thôi" }), apputils.Dialog.okButton({ label: LABEL })];
  const { button } = await apputils.showDialog({ title: `${LABEL}?`, body, buttons });
  if (!button.accept) return;
  try {
    if (panel.context.model.dirty) await panel.context.save(); // so that what is laid aside is what the learner sees
    const { message } = await ask(services, { name });
    await panel.context.revert();
    await panel.sessionContext.session?.kernel?.restart();
    apputils.Notification.success(message, { autoClose: 8000 });
  } catch (error) {
    apputils.Notification.error(`Chưa bắt đầu lại được: ${error.message}`, { autoClose: false });
  }
}

function offerNewer(name, panel, modules) {
  const text = `Bài ${name} của khóa học đã có bản mới; bản của bạn vẫn nguyên.`;
  const actions = [{ label: LABEL, callback: () => restart(panel, name, modules) }];
  modules.apputils.Notification.info(text, { actions, autoClose: false });
}

async function activate(app, tracker, palette, modules) {
  const lessons = await ask(modules.services);
  const current = () => tracker.currentWidget;
  app.commands.addCommand(COMMAND, {
    label: LABEL,
    caption: HINT,
    isEnabled: () => findLesson(current(), lessons) !== undefined,
    execute: () => restart(current(), findLesson(current(), lessons), modules),
    describedBy: { args: {} },
  });
  palette.addItem({ command: COMMAND, category: "Khóa học" });
  const equip = (_, panel) => {
    const name = findLesson(panel, lessons);
    if (!name) return;
    const onClick = () => restart(panel, name, modules);
    const look = { label: LABEL, tooltip: HINT, onClick };
    panel.toolbar.insertBefore("spacer", NAME, new modules.apputils.ToolbarButton(look));
    if (lessons.newer.includes(name)) panel.context.ready.then(() => offerNewer(name, panel, modules));
  };
  tracker.forEach((panel) => equip(tracker, panel));
  tracker.widgetAdded.connect(equip);
}

/** The default of the code font only: what is chosen in the settings, goes before it. */
function bringFont(address) {
  const style = document.createElement("style");
  style.textContent = `
    @font-face { font-family: "Khoa hoc Mono"; src: url("${address}") format("woff2"); font-weight: 100 900; }
    :root:root { --jp-code-font-family-default: "Khoa hoc Mono", Menlo, Consolas, monospace; }`;
  document.head.append(style);
}

async function makePlugin(scope) {
  const names = ["@jupyterlab/apputils", "@jupyterlab/notebook", "@jupyterlab/services"];
  const [apputils, notebook, services] = await Promise.all(names.map((name) => share(scope, name)));
  return {
    id: `${NAME}:plugin`,
    description: HINT,
    autoStart: true,
    requires: [notebook.INotebookTracker, apputils.ICommandPalette],
    activate: (app, tracker, palette) => activate(app, tracker, palette, { apputils, services }),
  };
}

let scope;
bringFont(new URL("vietnamese-mono.woff2", document.currentScript.src).href);
(globalThis._JUPYTERLAB ??= {})[NAME] = {
  init: (shared) => { scope = shared; },
  get: async () => {
    const plugin = await makePlugin(scope);
    return () => ({ __esModule: true, default: plugin });
  },
};
