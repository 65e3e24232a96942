"""From a run to pages: figures, HTML, notebook."""
