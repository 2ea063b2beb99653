"""What decides the pixels: this folder is the version of the files that are made of them."""
