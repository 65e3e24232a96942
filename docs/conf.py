"""How the documentation is built: `make site`."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import bakeoff

project = "Bakeoff"
author = "The engineers of Bakeoff"
version = release = bakeoff.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.viewcode", "numpydoc"]
html_theme = "furo"
html_title = "Bakeoff"
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
autosummary_generate = True
numpydoc_show_class_members = False
# Links to files of the repository, which are no pages here.
suppress_warnings = ["myst.xref_missing", "myst.header"]
