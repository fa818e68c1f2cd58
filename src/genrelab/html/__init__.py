"""HTML pages that need nothing else: jinja2 templates, one stylesheet, and the one renderer."""
