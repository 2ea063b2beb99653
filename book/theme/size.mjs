// Width and height of a PNG, JPEG or WebP (lossy, without transparency), so that a page reserves the room of a picture before it is loaded.

const JPEG_FRAMES = new Set([0xc0, 0xc1, 0xc2]); // start of frame: baseline, extended, progressive

export function size(bytes) {
  if (bytes.readUInt32BE(0) === 0x89504e47) return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.toString("latin1", 8, 16) === "WEBPVP8 ") {
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  }
  if (bytes.readUInt16BE(0) !== 0xffd8) return {};
  for (let at = 2; at + 9 < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (JPEG_FRAMES.has(bytes[at + 1])) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
  }
  return {};
}
