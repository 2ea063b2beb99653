"""Where the tile-parts of a remote JPEG 2000 file lie, and how to ask for them; `cdse_access.loading` builds on it."""
