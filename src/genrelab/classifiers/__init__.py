"""The classifier families, all behind the protocol in base.py."""
