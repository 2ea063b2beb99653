"""How long it takes to read Sentinel-2 from CDSE, this project's way and others: `python -m bench`, `make bench`."""
