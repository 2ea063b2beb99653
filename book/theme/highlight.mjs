// Colours for the languages of the lessons. One regular expression per language; the first group that matched
// names the class. Enough for code that is known to be valid, and nothing to install.

const STRING = String.raw`[rbfuRBFU]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')`;
const NUMBER = String.raw`\b(?:0[xX][\da-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`;
const KEYWORD =
  "and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|" +
  "lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield";

const LANGUAGES = {
  python: [
    ["comment", String.raw`#.*`],
    ["string", STRING],
    ["keyword", String.raw`\b(?:${KEYWORD})\b`],
    ["constant", String.raw`\b(?:True|False|None|self)\b`],
    ["number", NUMBER],
    ["function", String.raw`\b[^\W\d]\w*(?=\()`],
    ["decorator", String.raw`^\s*@[\w.]+`],
  ],
  bash: [
    ["comment", String.raw`(?<=^|\s)#.*`],
    ["string", String.raw`"(?:\\.|[^"\\])*"|'[^']*'`],
    ["constant", String.raw`\$\{?\w+\}?|\b[A-Z][A-Z0-9_]+(?==)`],
    ["function", String.raw`^\s*(?:sudo\s+)?[\w./-]+`],
    ["number", String.raw`(?<=\s)--?[\w-]+`],
  ],
  yaml: [
    ["comment", String.raw`(?<=^|\s)#.*`],
    ["string", STRING],
    ["keyword", String.raw`^[\s-]*[\w.-]+(?=:)`],
    ["number", NUMBER],
  ],
  json: [
    ["keyword", String.raw`"(?:\\.|[^"\\])*"(?=\s*:)`],
    ["string", String.raw`"(?:\\.|[^"\\])*"`],
    ["constant", String.raw`\b(?:true|false|null)\b`],
    ["number", String.raw`-?${NUMBER}`],
  ],
};
LANGUAGES.ipython3 = LANGUAGES.python;
LANGUAGES.sh = LANGUAGES.shell = LANGUAGES.console = LANGUAGES.bash;

export const escape = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** Text in which short names with a hyphen, like Sentinel-2, stay in one piece. */
export const prose = (text) => escape(text).replace(/[A-Za-z]{3,8}-\w{1,5}(?![\w-])/g, '<span class="keep">$&</span>');

export function highlight(code, language) {
  const rules = LANGUAGES[language];
  if (!rules) return escape(code);
  const pattern = new RegExp(rules.map(([, source]) => `(${source})`).join("|"), "gmu");
  let html = "";
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    const kind = rules[match.slice(1).findIndex((group) => group !== undefined)][0];
    html += `${escape(code.slice(end, match.index))}<span class="t-${kind}">${escape(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escape(code.slice(end));
}

/** Each line in a box of its own, which a narrow page breaks with an indent; a colour over lines begins anew on each. */
export function boxLines(html) {
  let open = "";
  const boxes = html.split("\n").map((line) => {
    const text = open + line;
    const last = [...text.matchAll(/<(\/?)span([^>]*)>/g)].at(-1);
    open = last && !last[1] ? `<span${last[2]}>` : "";
    return `<span class="line">${text}${open ? "</span>" : ""}`;
  });
  return `${boxes.join("\n</span>")}</span>`;
}
