"""The families of classifiers, each behind the protocol of base.py."""
