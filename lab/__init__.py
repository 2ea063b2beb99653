"""JupyterLab as learners use it: on copies of their own, in Vietnamese, with a font that has all letters."""
