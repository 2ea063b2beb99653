// Letters without their marks, in lower case: "Từ DN đến phản xạ" becomes "tu dn den phan xa".
export const plain = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();

export const slugify = (text) => plain(text).replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

/** Without the places for a line break that mystmd puts into addresses. */
export function textOf(node) {
  if (node.type === "captionNumber") return "";
  return (node.value ?? (node.children ?? []).map(textOf).join("")).replaceAll("\u200b", "");
}
