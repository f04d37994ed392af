"""Settings of the documentation. It builds without the network."""

import os
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import skdrift

project = "skdrift"
author = "The skdrift developers"
copyright = "2026, the skdrift developers"
version = release = skdrift.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "**/GALLERY_HEADER.rst", "**/sg_execution_times.rst"]

# Classes get their methods from the template, which leaves out what scikit-learn
# gives to every estimator.
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL01", "GL03", "GL08", "PR01", "PR02", "RT01", "SS01"}
numpydoc_validation_exclude = {
    # Methods that scikit-learn writes at run time.
    r"\.set_\w+_request$",
    r"\.set_output$",
    # What the base class documents.
    r"\.(KS|Tail)DriftTest\.test_(batches|counts)$",
    # A protocol has the constructor that typing gives it.
    r"\.TeacherStudentScorer$",
}

sphinx_gallery_conf = {
    "examples_dirs": str(Path("..", "examples")),
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    # A command-line script on large data, with a page of its own.
    "ignore_pattern": r"cifar10c",
    "doc_module": ("skdrift",),
    "backreferences_dir": str(Path("generated", "backreferences")),
    "remove_config_comments": True,
    "min_reported_time": 3600,
    "show_memory": False,
    "download_all_examples": False,
    "show_signature": False,
    # Diagrams of estimators and names of lines say less than the code above them.
    "ignore_repr_types": r"sklearn\.|skdrift\.|matplotlib\.",
}

html_theme = "pydata_sphinx_theme"
html_title = "skdrift"
html_static_path = ["_static"]
html_css_files = ["skdrift.css"]
html_show_sourcelink = False
# Pages that no others belong to have nothing to show at the side.
html_sidebars = {
    page: []
    for page in ("getting_started", "choosing", "how_to", "limits", "coming_from")
}
html_theme_options = {
    "show_prev_next": False,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
}
