"""Where the tile-parts of a remote JPEG 2000 file lie, and how to ask for them; `lessons.jp2` builds on it."""
