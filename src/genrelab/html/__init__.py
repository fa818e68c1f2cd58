"""Self-contained HTML pages: jinja2 templates, one stylesheet, and one renderer."""
