"""The offline CDSE: a STAC API and an S3 store on loopback, with simulated Sentinel-2 scenes."""
