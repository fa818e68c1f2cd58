"""The order of the tests."""


def pytest_collection_modifyitems(items):
    """Put the long ones first: of two processes that take files in this order, neither is left with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)
