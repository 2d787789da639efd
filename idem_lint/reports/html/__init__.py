"""The inventory as one page that needs no network: an element is made from its parts, so that text is always escaped."""
