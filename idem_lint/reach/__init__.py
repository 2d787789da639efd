"""Where the money goes: from an entry point through the calls it makes to what writes money."""
