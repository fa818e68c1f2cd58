"""Nets with downloaded, verified weights."""
