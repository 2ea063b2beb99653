"""Classes of Sentinel-2's scene classification (SCL, made by Sen2Cor; ESA, Sentinel-2 Products Specification)."""

# Where neither land nor water is seen: no data, defective, cloud shadow, clouds of medium and high probability, cirrus.
SCL_MASKED = (0, 1, 3, 8, 9, 10)
